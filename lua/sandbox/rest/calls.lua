-- sandbox.rest.calls: the Calls of the stand-in's account. The call driver stores
-- them; a call has its price a little after it ends.
--
-- Fields mean what Twilio's OpenAPI document says (api_v2010, schema
-- api.v2010.account.call), unless noted:
--   date_created  when the resource was made, so when a leg began to be dialled
--   start_time    of a dialled leg: when it was answered (a payload published by
--                 a user: created 15:17:05, started :13, ended :53, duration 40);
--                 an unanswered call has none here. Whether Twilio sets it then is
--                 not known, so nothing may depend on it
--   end_time      "empty if the call did not complete successfully"
--   duration      a STRING of seconds, "empty for busy, failed, unanswered, or
--                 ongoing calls"
--   price         a negative STRING, "populated after the call is completed",
--                 "may not be immediately available"
--   direction     inbound also for a call that a browser makes; outbound-dial for
--                 what <Dial> rings, with parent_call_sid; outbound-api
--   status        queued ringing in-progress canceled completed failed busy
--                 no-answer; never "answered" or "initiated"
-- Dates are RFC 2822 in UTC, whole seconds. A list has the newest call first.

local answer = require("sandbox.rest.answer")
local epoch = require("hookswitch.instant").of
local json = require("json")
local resource = require("sandbox.rest.resource")
local sandbox = require("models.sandbox")

local calls = {}

calls.PRICE_AFTER_MS = 3000

local ENDED = { completed = true, busy = true, failed = true, ["no-answer"] = true, canceled = true }
-- Dollars a minute.
local PRICES = { inbound = 0.0085, ["outbound-dial"] = 0.0140, ["outbound-api"] = 0.0140 }
local CLIENT_PRICE = 0.0040
local FIELDS = {
  "parent_call_sid", "from", "to", "status", "direction", "answered_by", "phone_number_sid", "forwarded_from",
  "group_sid", "caller_name", "trunk_sid",
}

local function price_of(row, at)
  local known_at = row.priced_at or (row.ended_at and row.ended_at + calls.PRICE_AFTER_MS)
  if row.status ~= "completed" or not row.ended_at or at < known_at then
    return json.null
  end
  local client = (row.to or ""):find("^client:") or (row.from or ""):find("^client:")
  local rate = client and CLIENT_PRICE or PRICES[row.direction] or PRICES.inbound
  return ("-%.5f"):format(math.ceil((row.duration or 0) / 60) * rate)
end

-- A call made through the API rings, then is answered until someone ends it.
local function grown(row, at)
  row.made_at = row.made_at or row.created_at
  if row.direction == "outbound-api" and not ENDED[row.status] then
    local age = at - row.made_at
    row.status = age < 1000 and "queued" or age < 3000 and "ringing" or "in-progress"
    row.answered_at = age >= 3000 and row.made_at + 3000 or nil
  end
  return row
end

local function shape(row, api)
  grown(row, api.at)
  local out = resource.shape(row, api, {}, "Calls")
  local base = out.uri:gsub("%.json$", "")
  for _, field in ipairs(FIELDS) do
    out[field] = answer.null(row[field])
  end
  out.from_formatted, out.to_formatted, out.queue_time = out.from, out.to, "0"
  out.date_created = answer.date(row.made_at)
  out.date_updated = answer.date(row.ended_at or row.answered_at or row.made_at)
  out.start_time = answer.date(row.answered_at)
  local whole = row.status == "completed"
  out.end_time = answer.date(whole and row.ended_at or nil)
  out.duration = whole and tostring(row.duration or 0) or json.null
  out.price, out.price_unit = price_of(row, api.at), "USD"
  out.subresource_uris = { recordings = base .. "/Recordings.json" }
  return out
end

---@class SandboxCall times in milliseconds
---@field sid string
---@field parent_call_sid string?
---@field from string
---@field to string
---@field status string
---@field direction string
---@field made_at integer when it came in, or began to be dialled
---@field answered_at integer?
---@field ended_at integer?
---@field priced_at integer? when its price is known
---@field duration integer? seconds

--- Store what the driver knows about a call or a leg.
---@param call SandboxCall
---@param at integer
function calls.store(call, at)
  sandbox.put("call", call.parent_call_sid or "", call, at)
end

---@param sid string
---@return boolean? whether it has ended; nil if there is no such call
function calls.has_ended(sid)
  local row = sandbox.get("call", sid)
  return row and (ENDED[row.status] or false)
end

calls.fetch = resource.fetch("call", shape)

--- POST Calls.json
function calls.create(api)
  local form = api.form
  if (form.To or "") == "" then
    return answer.error(400, 21201)
  elseif (form.From or "") == "" then
    return answer.error(400, 21213)
  elseif not (form.Url or form.Twiml or form.ApplicationSid) then
    return answer.error(400, 21205)
  end
  local row = {
    sid = resource.new_sid("CA"), from = form.From, to = form.To, status = "queued",
    direction = "outbound-api", made_at = api.at, created_at = api.at, updated_at = api.at,
  }
  calls.store(row, api.at)
  return answer.json(shape(row, api), 201)
end

--- POST Calls/{Sid}.json: end it.
calls.update = resource.changed("call", function(api, row)
  grown(row, api.at)
  local status = api.form.Status
  if ENDED[row.status] then
    return answer.error(400, 21220)
  elseif status == "completed" or status == "canceled" then
    local talked = row.status == "in-progress"
    row.status = talked and "completed" or "canceled"
    row.ended_at, row.updated_at = api.at, api.at
    row.duration = talked and math.max(1, (api.at - row.answered_at) // 1000) or 0
    calls.store(row, api.at)
  elseif status then
    return answer.error(400, 20001)
  end
  return answer.json(shape(row, api))
end)

calls.delete = resource.found("call", function(api, row)
  if not ENDED[grown(row, api.at).status] then
    return answer.error(409, 20409)
  end
  sandbox.delete("call", row.sid)
  return answer.empty()
end)

-- "2026-11-22" or an ISO time, as milliseconds.
local function instant(text)
  local year, month, day = (text or ""):match("^(%d%d%d%d)-(%d%d)-(%d%d)")
  if not year then
    return nil
  end
  local hour, minute, second = text:match("T(%d%d):(%d%d):(%d%d)")
  return epoch(tonumber(year), tonumber(month), tonumber(day), tonumber(hour or 0), tonumber(minute or 0),
    tonumber(second or 0), 0)
end

--- Does a row fall into the range that a list's query names ("StartTime>", "StartTime", "StartTime<")?
--- The OpenAPI document: "on or after this date", "on this date", "before this date". It writes dates only;
--- Twilio's own library sends a date with a time (twilio-node: serialize.iso8601DateTime), which is taken to
--- the second here. A row without the time that is asked for is in no range.
---@param query table
---@param name string
---@param at integer?
---@return boolean
function calls.in_range(query, name, at)
  local from, to, on = instant(query[name .. ">"]), instant(query[name .. "<"]), instant(query[name])
  if not (from or to or on) then
    return true
  end
  return at ~= nil and (not from or at >= from) and (not to or at < to)
    and (not on or (at >= on and at < on + 86400 * 1000))
end

--- GET Calls.json
function calls.list(api)
  local query = api.query
  return answer.page(api, "calls", "call", shape, function(row)
    grown(row, api.at)
    return (not query.Status or row.status == query.Status) and (not query.From or row.from == query.From)
      and (not query.To or row.to == query.To)
      and (not query.ParentCallSid or row.parent_call_sid == query.ParentCallSid)
      and calls.in_range(query, "StartTime", row.answered_at)
      and calls.in_range(query, "EndTime", row.status == "completed" and row.ended_at or nil)
  end)
end

return calls
