-- routes/simulate.lua: what would happen to a call? Nothing is written.

local fail = require("hookswitch.fail")
local identity = require("calls.parties.identity")
local json = require("json")
local limits = require("hookswitch.limits")
local time_input = require("calls.time_input")
local numbers = require("models.numbers")
local call_request = require("sandbox.call_request")
local reply = require("hookswitch.reply")
local rule_text = require("api.rule_text")
local simulation = require("voice.simulation")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local script = call_request.CHECK.fields

-- Milliseconds, ISO 8601, or as an example of the rule file: "2026-03-08 09:30 America/Denver".
local AT = v.instant { optional = true }
local EXAMPLE = '2026-03-08T09:30:00Z or "2026-03-08 09:30 America/Denver"'
local at_check = setmetatable({ schema = AT.schema, optional = true }, { __call = function(_, value)
  local at = AT(value)
  if not at and type(value) == "string" and value:find("%s%a") then at = time_input.ahead(value, "UTC", 0) end
  if not at then
    return nil, wrong("time", { example = EXAMPLE })
  end
  return at
end })

local OBJECT = { type = "object" }
local lookups_check = setmetatable({ schema = OBJECT, optional = true }, { __call = function(_, value)
  if type(value) ~= "table" or #value > 0 then
    return nil, wrong("lookups")
  end
  return value
end })

local WISH = v.object {
  to = v.e164 { optional = true },
  phone_number_id = v.integer { min = 1, optional = true },
  from = v.string { min = 1, max = 100, optional = true },
  forwarded_from = v.e164 { optional = true },
  at = at_check,
  answers = script.legs,
  digits = script.digits,
  messages = script.messages,
  hangup_at = script.hangup_at,
  variant = script.variant,
  source = rule_text.field { optional = true },
  lookups = lookups_check,
  line = v.object({
    online = v.boolean { optional = true }, busy = v.boolean { optional = true },
  }, { optional = true }),
  direction = v.one_of({ "inbound", "outbound" }, { default = "inbound" }),
  caller_id = v.e164 { optional = true },
}

local function not_found(message)
  fail(404, "number_not_found", message)
end

-- The called number, as far as this user may know of it; nil when there is none at all.
local function number_of(user_id, wish)
  local own = numbers.list(user_id)
  if wish.phone_number_id then
    return numbers.get(user_id, wish.phone_number_id) or not_found("You have no phone number with that id.")
  elseif not wish.to or #own == 0 then
    return own[1]
  end
  for _, row in ipairs(own) do
    if row.phone_number == wish.to then
      return row
    end
  end
  not_found(wish.to .. " isn't one of your phone numbers.")
end

-- Legs that name whom they are about are found by it, the others in order.
local function legs_of(answers)
  local legs, position = {}, 0
  for key, entry in pairs(answers or {}) do
    if not math.type(key) then legs[key] = entry end
  end
  for _, entry in ipairs(answers or {}) do
    if type(entry) == "table" and type(entry.to) == "string" then
      legs[entry.to] = entry
    else
      position = position + 1
      legs[position] = entry
    end
  end
  return legs
end

local function plain(value)
  local out = {}
  for key, entry in pairs(value or {}) do
    if entry ~= json.null then out[key] = entry end
  end
  return out
end

---@param req Request
local function simulate(req)
  local wish, user_id = req.body, req.user.id
  local outbound = wish.direction == "outbound"
  if outbound and not wish.to then
    fail.invalid { to = wrong("callee_missing") }
  end
  local number = not outbound and number_of(user_id, wish) or nil
  local tried <close> = wish.source and rule_text.open(wish.source) or nil
  local result, scene = simulation.run {
    database = true, assume = not number, number = number, to = wish.to, outgoing = outbound,
    from = outbound and "client:" .. identity.of(user_id) or wish.from or call_request.CALLER,
    at = wish.at or req.at, forwarded_from = wish.forwarded_from,
    user_id = user_id, caller_id = wish.caller_id, rules = tried, tried = tried ~= nil,
    lookups = plain(wish.lookups), line = wish.line,
    script = {
      legs = legs_of(wish.answers), digits = wish.digits, messages = wish.messages,
      hangup_at = wish.hangup_at, variant = wish.variant,
    },
  }
  return reply.json(simulation.shown(result, scene))
end

return {
  prefix = "/api/twilio",
  tag = "Rules",
  auth = "user",
  role = "editor",
  { "POST", "/simulate", simulate, body = WISH, body_bytes = rule_text.BODY_BYTES, limit = limits.rules,
    heavy = true,
    summary = "Play a call without a telephone: what the caller hears, which rule decides, the TwiML",
    responses = { [200] = "Simulation" } },
}
