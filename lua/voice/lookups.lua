-- voice/lookups.lua: what rules may know from outside, asked before they
-- run (lua/lookups.lua).
--
--   voice_lookups.run(input, call_sid)  -> answers by name, and what was asked
--
-- A lookup that fails or is late gives nil. What each answered, how long it took
-- and why it failed is kept with the call: a replay uses the same answers.

local json = require("json")
local log = require("log")
local lookups = require("lookups")

local voice_lookups = {}

local HAS_ANY = #lookups.list() > 0

-- What a lookup is told: plain data of the call, nothing that is worked out.
local function told(input)
  local who = input.caller
  return {
    from = input.from, to = input.to, forwarded_from = input.forwarded_from,
    at = input.at, number = input.number, owner = input.owner,
    caller = {
      kind = who.kind, anonymous = who.anonymous, name = who.name, tags = who.tags, blocked = who.blocked,
      stir = who.stir,
    },
    online = input.line.online,
  }
end

-- Rules know no null: a field without a value is absent.
local function without_nulls(value)
  if value == json.null then
    return nil
  elseif type(value) ~= "table" then
    return value
  end
  local out = #value > 0 and json.array {} or {}
  for key, inner in pairs(value) do
    inner = without_nulls(inner)
    if math.type(key) ~= "integer" then
      out[key] = inner
    elseif inner ~= nil then
      out[#out + 1] = inner
    end
  end
  return out
end

---@param input CallInput
---@param call_sid string
---@return table<string, any> answers
---@return { name: string, ms: integer, error: string? }[]? runs nil: there are no lookups
function voice_lookups.run(input, call_sid)
  if not HAS_ANY then
    return {}, nil
  end
  local values, runs = {}, json.array {}
  for position, run in ipairs(lookups.run(told(input))) do
    if run.json then
      values[run.name] = without_nulls(json.decode(run.json))
    else
      log.warn("lookup_failed", { call_sid = call_sid, lookup = run.name, ms = run.ms, message = run.error })
    end
    runs[position] = { name = run.name, ms = run.ms, error = run.error }
  end
  return values, runs
end

return voice_lookups
