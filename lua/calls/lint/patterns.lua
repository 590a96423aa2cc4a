-- patterns.lua: patterns of other languages in a rule file (a|b, x{3}), and parts of texts that never fit.
--
--   patterns.read(reader, i)   tells reader.say when token i is a call that asks for one

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

local NUMBERS = { ["call.from"] = true, ["call.to"] = true, ["call.forwarded_from"] = true }

--- The dotted name that ends before the colon at token i.
local function asked_of(t, i)
  local first = i - 1
  while t.text[first - 1] == "." do first = first - 2 end
  return tokens.chain(t, first)
end

--- call.from:sub(1, 4) == "+1303": four characters are never five
local function part_compared(reader, i)
  local t, call = reader.t, tokens.arguments(reader.t, i)
  local from = call and #call == 2 and t.kind[call[1].first] == "number" and call[1].first == call[1].last
    and math.tointeger(tokens.value(t, call[1].first))
  local to = from and t.kind[call[2].first] == "number" and call[2].first == call[2].last
    and math.tointeger(tokens.value(t, call[2].first))
  local close = to and t.pair[i + 1]
  local compare, at = close and t.text[close + 1], close and close + 2
  if (compare ~= "==" and compare ~= "~=") or from < 1 or to < from or t.kind[at] ~= "string" then
    return
  end
  local text, length, whole = tokens.value(t, at), to - from + 1, asked_of(t, i - 1)
  local fits = ("%s:sub(%d, %d)"):format(whole or "x", from, from + #text - 1)
  if #text > length then
    reader.say(at, ("sub(%d, %d) gives %d characters and never the %d of %q: write %s"):format(from, to,
      length, #text, text, fits))
  elseif NUMBERS[whole] and #text < length then
    reader.doubt(at, ("sub(%d, %d) gives %d characters of a number, and %q has %d: write %s"):format(from, to,
      length, text, #text, fits))
  elseif NUMBERS[whole] and from == 1 and text:find("^%d%d") then
    reader.doubt(at, ("%s begins with + and the country code, so this part is never %q: write %q"
      ):format(whole, text, "+1" .. text))
  end
end

local CASES = { lower = { "%u", "small" }, upper = { "%l", "capital" } }

--- name:lower() == "Grace": small letters are never capital ones
local function case_compared(reader, i)
  local t, case = reader.t, CASES[reader.t.text[i]]
  if not case or t.text[i - 1] ~= ":" or t.text[i + 1] ~= "(" or t.pair[i + 1] ~= i + 2 then
    return
  end
  local at = i + 4
  local compares = t.text[i + 3] == "==" or t.text[i + 3] == "~="
  local text = compares and t.kind[at] == "string" and tokens.value(t, at)
  if text and text:find(case[1]) then
    reader.say(at, (":%s() gives %s letters and never equals %q: write %q"):format(t.text[i], case[2], text,
      string[t.text[i]](text)))
  end
end

--- call.from:match("^303"): numbers begin with +
local function bare_beginning(reader, i, at)
  local t = reader.t
  local digits = tokens.value(t, at):match("^%^(%d%d[%d]*)")
  if digits and t.text[i - 1] == ":" and NUMBERS[asked_of(t, i - 1)] then
    reader.doubt(at, ('numbers begin with + and the country code, so "^%s" never fits: write "^%%+1%s"')
      :format(digits, digits))
  end
end

---@param reader MeantReader
---@param i integer
function patterns.read(reader, i)
  local t = reader.t
  if t.text[i] == "sub" and t.text[i - 1] == ":" then part_compared(reader, i) end
  case_compared(reader, i)
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
    bare_beginning(reader, i, at.first)
  end
end

return patterns
