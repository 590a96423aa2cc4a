-- patterns.lua: patterns of other languages in a rule file: a|b, x{3}, \\d.
--
--   patterns.read(reader, i)   tells reader.say when token i is a call with such a pattern

local tokens = require("calls.source.tokens")

local patterns = {}

local PATTERNS = { match = true, find = true, gmatch = true, gsub = true }

local function pattern_fault(text)
  local bare = text:gsub("%%.", "  "):gsub("%b[]", function(set) return (" "):rep(#set) end)
  if bare:find("|", 1, true) then
    return 'a Lua pattern has no "or": | is the character itself. Write x:find("a") or x:find("b")'
  elseif bare:find("%{%d*,?%d*%}") then
    return "a Lua pattern has no {n}: repeat what shall be there n times, such as %d%d%d"
  elseif bare:find("\\[dwsDWS]") then
    return "a Lua pattern writes %d, %w, %s, not \\d, \\w, \\s"
  elseif bare:find("(?", 1, true) then
    return "a Lua pattern has no (?…)"
  end
end

---@param reader MeantReader
---@param i integer
function patterns.read(reader, i)
  local t = reader.t
  if not PATTERNS[t.text[i]] then
    return
  end
  local call, at = tokens.arguments(t, i), nil
  if t.text[i - 1] == ":" then
    at = call and call[1]
  elseif t.text[i - 1] == "." and t.text[i - 2] == "string" then
    at = call and call[2]
  end
  local is_plain = call and #call > (t.text[i - 1] == ":" and 2 or 3)
  if at and at.first == at.last and t.kind[at.first] == "string" and not is_plain then
    local message = pattern_fault(tokens.value(t, at.first))
    if message then reader.say(at.first, message) end
  end
end

return patterns
