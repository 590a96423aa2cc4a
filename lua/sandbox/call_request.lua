-- sandbox.call_request: what POST /sandbox/calls may say, checked and completed.
--
--   { "from": "+14155550188", "to": "+15105550100",
--     "legs": ["no-answer", { "does": "answered", "talk": 40 }] }
--
-- Everything is optional: by default someone calls the first number and nobody
-- answers. With `details = true` the answer has everything about the call.

local mishaps = require("sandbox.mishaps")
local numbers = require("models.numbers")
local simulator = require("calls.simulator.simulator")
local v = require("hookswitch.fields.validate")

local call_request = {}

-- The default caller. Written in two parts, since the database keeps these sources
-- and a forgotten caller's number mustn't be found in it.
call_request.CALLER = "+1415555" .. "0123"
local HANGUPS = { callee = true, caller = true }

local function is_number(value, max)
  return math.type(value) ~= nil and value >= 0 and value <= max
end

-- Each returns what is wrong with a value, or nil.
local function wrong_leg(entry)
  local script, message = simulator.leg_script(entry)
  if not script then
    return message
  elseif script.hangup and not HANGUPS[script.hangup] then
    return 'hangup must be "callee" or "caller"'
  end
  for _, name in ipairs { "after", "talk", "press_after" } do
    if script[name] ~= nil and not is_number(script[name], 14400) then
      return name .. " must be a number of seconds"
    end
  end
  return script.press and type(script.press) ~= "string" and "press must be text" or nil
end

local function wrong_digits(entry)
  local given = type(entry)
  if given == "string" or entry == false then
    return nil
  end
  return given ~= "table" and "must be keys, an object, or false" or nil
end

local function wrong_message(entry)
  local seconds = type(entry) == "table" and (entry.seconds or 1) or entry
  return not is_number(seconds, 3600) and "must be a number of seconds" or nil
end

local DOES = {}
for _, word in ipairs(mishaps.DOES) do
  DOES[word] = true
end

local function wrong_mishap(entry)
  if type(entry) ~= "table" or type(entry.request) ~= "string" or #entry.request > 100 then
    return 'must be an object with a request, such as "leg completed"'
  elseif not DOES[entry.does] then
    return "does must be one of " .. table.concat(mishaps.DOES, ", ")
  end
  local whole = entry.nth == nil or math.type(entry.nth) == "integer" and entry.nth >= 1
  return not whole and "nth must be 1 or more" or nil
end

local function wrong_text(entry)
  return type(entry) ~= "string" and "must be text" or nil
end

-- An object, or a list, whose entries are all right.
local function entries(wrong)
  return function(value)
    if type(value) ~= "table" then
      return "must be a list"
    end
    for key, entry in pairs(value) do
      local message = wrong(entry, key)
      if message then
        return ("%s: %s"):format(tostring(key), message)
      end
    end
  end
end

local function list(wrong)
  local check = entries(wrong)
  return function(value)
    for key in pairs(type(value) == "table" and value or {}) do
      if not math.type(key) then
        return "must be a list"
      end
    end
    return check(value)
  end
end

local function wrong_variant(value, name)
  local default = simulator.VARIANT[name]
  if default == nil then
    return "is not known"
  end
  return type(value) ~= type(default) and "must be a " .. type(default) or nil
end

-- A validator like those of hookswitch.fields.validate, around such a function.
local function checked(wrong)
  return setmetatable({ schema = {}, optional = true }, { __call = function(_, value)
    local message = wrong(value)
    if message then
      return nil, message
    end
    return value
  end })
end

local function seconds(max)
  return checked(function(value)
    return not is_number(value, max) and ("must be a number from 0 to %d"):format(max) or nil
  end)
end

call_request.CHECK = v.object {
  from = v.string { min = 1, max = 100, default = call_request.CALLER },
  to = v.string { min = 1, max = 100, optional = true },
  legs = checked(entries(wrong_leg)),
  digits = checked(list(wrong_digits)),
  messages = checked(list(wrong_message)),
  mishaps = checked(list(wrong_mishap)),
  variant = checked(entries(wrong_variant)),
  params = checked(entries(wrong_text)),
  hangup_at = seconds(14400),
  pace = seconds(1),
  live = v.boolean { optional = true },
  details = v.boolean { optional = true },
  in_order = v.boolean { optional = true },
  twice = v.boolean { optional = true },
  fragment = v.one_of({ "unsigned", "signed" }, { optional = true }),
  price_after = v.integer { min = 0, max = 3600000, optional = true },
  call_sid = v.string { pattern = "^CA%x+$", max = 34, optional = true },
  transcript = v.string { max = 1000, optional = true },
}

--- Fill in whom the caller rings.
---@param body table checked
---@return SandboxOrder
function call_request.complete(body)
  if not body.to then
    local row = numbers.all()[1]
    body.to = row and row.phone_number or "+15105550100"
  end
  return body
end

return call_request
