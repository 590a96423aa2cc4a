-- routes/numbers.lua: phone numbers: search, buy, list, change, release.

local address = require("calls.plans.address")
local aliases = require("hookswitch.fields.aliases")
local announce = require("models.announce")
local at_twilio = require("twilio.numbers")
local audible = require("api.audible")
local audit = require("models.audit")
local config = require("config")
local console_forwarding = require("calls.plans.console_forwarding")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local forwarding = require("models.forwarding")
local json = require("json")
local limits = require("hookswitch.limits")
local numbers = require("models.numbers")
local purchase = require("twilio.purchase")
local rename = require("twilio.rename")
local reply = require("hookswitch.reply")
local tz = require("tz")
local twilio_failure = require("twilio.failure")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local STATISTICS_MS = 30 * 24 * 3600 * 1000

local function type_of(options)
  options.aliases = { ["toll-free"] = "tollfree", toll_free = "tollfree", tollFree = "tollfree" }
  return v.one_of({ "local", "tollfree", "mobile" }, options)
end
local function country_of(options)
  options.pattern, options.hint = "^%a%a$", wrong("country_code")
  return v.string(options)
end
local function sid_of(prefix, code)
  return v.string { pattern = "^" .. prefix .. "%x+$", max = 34, hint = wrong(code), optional = true }
end
local AREA_CODE = v.string {
  pattern = "^%d%d%d$", hint = wrong("area_code"), optional = true, digits = true,
}

local SEARCH = aliases(v.object {
  area_code = AREA_CODE,
  contains = v.string {
    min = 2, max = 16, pattern = "^[%w*%%+$]+$", hint = wrong("number_pattern"),
    optional = true,
  },
  locality = v.string { min = 1, max = 100, optional = true },
  region = v.string { min = 1, max = 100, optional = true },
  type = type_of { default = "local" },
  country = country_of { default = "US" },
  limit = v.integer { min = 1, max = 50, default = 20 },
}, { areaCode = "area_code" })

local BUY = aliases(v.object {
  area_code = AREA_CODE,
  phone_number = v.e164 { optional = true },
  type = type_of { optional = true },
  country = country_of { optional = true },
  friendly_name = v.string { min = 1, max = 64, line = true, optional = true },
  address_sid = sid_of("AD", "address_sid"),
  bundle_sid = sid_of("BU", "bundle_sid"),
}, {
  areaCode = "area_code", phoneNumber = "phone_number", friendlyName = "friendly_name",
  addressSid = "address_sid", bundleSid = "bundle_sid",
})

-- A text that is said, or the address of a recording that is played.
local SPOKEN = v.string { max = 1000, nullable = true, read = function(text)
  local value, message, code, values = address.read(text)
  return value, code and wrong(code, values, message)
end }
local CHANGE = aliases(v.object({
  friendly_name = v.string { min = 1, max = 64, line = true },
  is_active = v.boolean(),
  voicemail_greeting = SPOKEN,
  timezone = v.string { min = 1, max = 64, nullable = true },
  recording = v.one_of { "off", "on", "ask" },
  recording_announcement = SPOKEN,
}, { partial = true, unknown_status = 400 }), {
  friendlyName = "friendly_name", isActive = "is_active", voicemailGreeting = "voicemail_greeting",
  recordingAnnouncement = "recording_announcement",
})

local ID = { id = v.integer { min = 1 } }

-- Twilio knows area codes in the North American plan only.
local HAS_AREA_CODES = { US = true, CA = true }
local function check_place(place)
  place.country = place.country and place.country:upper()
  if place.area_code and place.country and not HAS_AREA_CODES[place.country] then
    fail.invalid { area_code = wrong("area_code_country") }
  end
end

---@param req Request
local function available(req)
  check_place(req.query)
  local offers, message, code = at_twilio.search(req.query)
  if not offers then
    twilio_failure.fail(message, code)
  end
  for _, entry in ipairs(offers) do
    entry.monthly_price = json.null -- Twilio's price list is not part of this API
    entry.locality, entry.region = entry.locality or json.null, entry.region or json.null
  end
  return reply.json { available_numbers = json.array(offers) }
end

local function idempotency_key(req)
  local key = req:header("Idempotency-Key")
  if key and (key == "" or #key > 200 or key:find("[^\33-\126]")) then
    fail(400, "bad_request", "Idempotency-Key must have 1 to 200 printable characters.")
  end
  return key
end

---@param req Request
local function buy(req)
  local wanted = req.body
  if not wanted.phone_number then -- a number that is named tells what is left out
    wanted.country, wanted.type = wanted.country or "US", wanted.type or "local"
  end
  check_place(wanted)
  if not wanted.area_code and not wanted.phone_number then
    fail.invalid { areaCode = wrong("area_code_missing") }
  elseif wanted.area_code and wanted.phone_number then
    fail.invalid { areaCode = wrong("area_code_extra") }
  end
  local key = idempotency_key(req)
  if not config.is_set("server_url") then
    fail(503, "server_url_missing", "SERVER_URL is not set, so Twilio can't be told where to send its calls.")
  end
  local row, again = purchase.buy(req.user.id, wanted, key, req.at)
  announce.settings(row.user_id)
  return reply.row(numbers.shown(row), 201, again and { ["Idempotent-Replayed"] = "true" } or nil)
end

local NO_CALLS = { calls = 0, answered = 0, missed = 0, voicemail = 0, talk_seconds = 0 }

---@param req Request
local function list(req)
  local settings, out = forwarding.list(req.user.id), json.array {}
  for _, rule in ipairs(settings) do rule.phone_number, rule.friendly_name = nil, nil end
  local statistics = numbers.statistics(req.user.id, req.at - STATISTICS_MS, req.at)
  for position, row in ipairs(numbers.list(req.user.id)) do
    local shown = numbers.shown(row)
    shown.forwarding = json.array(console_forwarding.chosen(settings, row.id, req.at))
    shown.statistics = statistics[row.id] or NO_CALLS
    out[position] = shown
  end
  return reply.json {
    phone_numbers = out, statistics_since = req.at - STATISTICS_MS,
    default_timezone = numbers.default_zone() or json.null,
  }
end

local function missing()
  fail(404, "number_not_found", "You have no phone number with that id.")
end

-- As it is before Twilio is asked, which takes a while.
local function own(req)
  local row = numbers.get(req.user.id, req.path.id) or missing()
  etag.check(req, numbers.shown(row))
  return row
end

---@param req Request
local function get(req)
  return reply.row(numbers.shown(numbers.get(req.user.id, req.path.id) or missing()))
end

local function check_zone(zone)
  if type(zone) ~= "string" then
    return
  end
  local ok, message = tz.exists(zone)
  if not ok then
    fail.invalid { timezone = wrong("zone", nil, message) }
  end
end

-- What callers may not hear of it, once it is saved.
local function warnings_of(changes)
  local warnings = json.array {}
  for _, field in ipairs { "voicemail_greeting", "recording_announcement" } do
    local text, is_address = changes[field], false
    if type(text) == "string" then text, is_address = address.read(text) end
    warnings[#warnings + 1] = is_address and audible.problem(text) or nil
  end
  return warnings
end

---@param req Request
local function update(req)
  local changes = req.body
  check_zone(changes.timezone)
  local row, message, code = rename(own(req), changes.friendly_name, function(note)
    local function agree(now)
      etag.check(req, numbers.shown(now))
      note(now)
      return changes
    end
    return (audit.write(audit.user(req), "number", "change", function()
      return numbers.change(req.user.id, req.path.id, agree, req.at)
    end, changes))
  end)
  if message then
    twilio_failure.fail(message, code)
  end
  local shown = numbers.shown(row or missing())
  announce.settings(shown.user_id)
  shown.warnings = warnings_of(changes)
  return reply.row(shown)
end

---@param req Request
local function release(req)
  local row = own(req)
  if row.twilio_sid then
    local done, message, code = at_twilio.release(row.twilio_sid)
    if not done then
      twilio_failure.fail(message, code)
    end
  end
  local released = audit.write(audit.user(req), "number", "release", function()
    return numbers.release(row.id, req.at)
  end, {})
  announce.settings(released.user_id)
  return reply.row(numbers.shown(released))
end

return {
  prefix = "/api/twilio",
  tag = "Phone numbers",
  auth = "user",
  role = "admin",
  { "GET", "/available-numbers", available, query = SEARCH, limit = limits.available_numbers,
    summary = "Search numbers that can be bought", responses = { [200] = "Offers" } },
  { "POST", "/buy-number", buy, body = BUY, limit = limits.buy_number, row = "Number",
    summary = "Buy a number, by area code or a particular one", responses = { [201] = "Number" } },
  { "GET", "/my-numbers", list, role = "agent",
    summary = "Numbers with their settings and statistics", responses = { [200] = "Numbers" } },
  { "GET", "/my-numbers/:id", get, role = "agent", path = ID, row = "Number",
    summary = "A number", responses = { [200] = "Number" } },
  { "PUT", "/my-numbers/:id", update, path = ID, body = CHANGE, row = "Number", limit = limits.change_number,
    summary = "Change a number; `warnings` say what callers may not hear",
    responses = { [200] = "NumberWithWarnings" } },
  { "DELETE", "/my-numbers/:id", release, path = ID, row = "Number",
    summary = "Release a number", responses = { [200] = "Number" } },
}
