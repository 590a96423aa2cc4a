-- handed.lua: functions that are given as a rule's when or go and need something else than the call:
-- go = or_foreman, where or_foreman(plan) returns plan:otherwise(…); or give more than one value.
-- And what ring is given and can't take.
--
--   handed.read(reader, i)   tells reader.say_cause if the name at token i is such a when, go or ring

local tokens = require("calls.source.tokens")

local handed = {}

local PLANS = { on = true, otherwise = true, text = true }

--- What a function does with its first parameter, that no call can: "plan", "phone" or "text".
local function needed(t, fn)
  local open = fn
  while open < t.count and t.text[open] ~= "(" do open = open + 1 end
  local name = t.kind[open + 1] == "name" and t.text[open + 1]
  for i = open + 2, name and t.pair[fn] or 0 do
    local before, behind, method = t.text[i - 1], t.text[i + 1], t.text[i + 2]
    local is_it = t.text[i] == name and t.kind[i] == "name" and before ~= "." and before ~= ":"
    if is_it and (before == "local" or before == "function" or behind == "=" and t.kind[i + 1] == "op") then
      return nil -- something else has that name, too
    elseif is_it and behind == ":" and PLANS[method] then
      return "plan"
    elseif is_it and (behind == ":" and string[method] or before == ".." or behind == "..") then
      return "text"
    elseif is_it and before == "(" and t.text[i - 2] == "ring" and (behind == ")" or behind == ",") then
      return "phone"
    end
  end
end

local WHAT = { plan = "a plan", phone = "whom to ring", text = "a text" }
local FIXES = {
  plan = "%s = %s(ring(…))", phone = '%s = %s("+13035550142")',
  text = "%s = function(call) return %s(call.from) end",
}

local STOPS = { ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true }
local LOST = "a when gives one value, so %s would be lost: write x == one or x == other"

--- return call.time.hour == 8, 9: nobody takes the second value.
local function several(reader, fn)
  local t, i = reader.t, fn + 1
  while i < (t.pair[fn] or 0) do
    if t.text[i] == "function" and t.kind[i] == "keyword" and t.pair[i] then
      i = t.pair[i]
    elseif t.text[i] == "return" and t.kind[i] == "keyword" then
      local k = i + 1
      while k < t.pair[fn] and not (t.kind[k] == "keyword" and STOPS[t.text[k]]) do
        if t.text[k] == "," and t.inside[k] == t.inside[i] then
          reader.say_cause(k, LOST:format(t.text[k + 1]))
          return
        end
        k = t.pair[k] and t.pair[k] > k and t.pair[k] or k + 1
      end
    end
    i = i + 1
  end
end

--- ring(JOE, 15), ring(doctor, …). The word says so itself, but in a function only once a call runs it: any
--- other mistake would hide it.
local function to_ring(reader, i)
  local t, before = reader.t, reader.t.text[i - 1]
  local list = not reader.known.declared.ring and before ~= "." and before ~= ":" and tokens.arguments(t, i)
  local whom, options = list and list[1], list and list[2]
  if options and options.first == options.last and t.kind[options.first] == "number" then
    reader.say_cause(options.first, ("ring: options are a table, such as { seconds = %s }, not %s"):format(
      t.text[options.first], t.text[options.first]))
  end
  local value, last
  if whom then value, last = reader.known:value(whom.first) end
  if value and value.kind == "function" and last == whom.last and t.kind[last] == "name" then
    reader.say_cause(i, ("ring needs a phone or a user, not a function: call it, as in %s(call)"):format(
      t.text[last]))
  end
end

---@param reader MeantReader
---@param i integer a name
function handed.read(reader, i)
  local t, key = reader.t, reader.t.text[i]
  if key == "ring" then to_ring(reader, i) end
  if key ~= "go" and key ~= "when" or t.text[i + 1] ~= "=" or t.text[t.inside[i]] ~= "{" then
    return
  elseif t.text[i + 2] == "function" and t.text[i + 5] == "," and t.kind[i + 6] == "name" then
    local time = t.text[i + 6] == "time" and ": write call.time" or ""
    reader.say_cause(i, ("%s is given the call alone, so %s would be nil%s"):format(key, t.text[i + 6], time))
    return
  elseif key == "when" and t.text[i + 2] == "function" then
    several(reader, i + 2)
  end
  if t.kind[i + 2] ~= "name" then
    return
  end
  local value, last = reader.known:value(i + 2)
  if not value or value.kind ~= "function" or t.text[last + 1] ~= "," and t.text[last + 1] ~= "}"
    and t.text[last + 1] ~= ";" then
    return
  end
  local need = needed(t, value.token)
  if need then
    local name = t.source:sub(t.from[i + 2], t.last[last])
    local fix = FIXES[key == "when" and "text" or need]:format(key, name)
    local first = t.inside[i] + 1
    reader.say_cause(i, ("%s needs %s, and %s gives it the call: write %s"):format(name, WHAT[need], key,
      fix), t.kind[first] == "string" and tokens.value(t, first) or nil)
  end
end

return handed
