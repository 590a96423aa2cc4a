-- marks.lua: marks that mean something else in other languages: "Hello %s" % name, call.from ~ "^+1303",
-- ring(JOE) > voicemail(), "For " + name.
--
--   marks.returned(reader, i)   the same of the word return at token i: return ring(JOE), voicemail()
--   marks.read(reader, i)   tells reader.say_cause if the mark at token i is one of them

local operands = require("calls.lint.known.operands")
local tokens = require("calls.source.tokens")

local marks = {}

local PLANS = { ring = true, voicemail = true, say = true, play = true, reject = true, hangup = true,
  menu = true }

--- Does the call of a word that makes a plan end at token i?
local function is_plan(reader, i)
  local t = reader.t
  local open = t.text[i] == ")" and t.pair[i]
  local word = open and t.text[open - 1]
  return PLANS[word] and not reader.known.declared[word] and t.text[open - 2] ~= "."
end

--- return ring(JOE), voicemail()
---@param reader MeantReader
---@param i integer the word return
function marks.returned(reader, i)
  local t = reader.t
  if not PLANS[t.text[i + 1]] or reader.known.declared[t.text[i + 1]] then
    return
  end
  local last = i + 2
  while t.pair[last] and t.pair[last] > last do
    last = t.pair[last] + 1
    if t.text[last] == ":" then last = last + 2 end
  end
  if t.text[last] == "," and is_plan(reader, last - 1) and PLANS[t.text[last + 1]]
    and t.inside[last] == t.inside[i] and t.text[t.inside[i]] ~= "{" then
    reader.say(i, "what is behind the comma is lost: one plan after the other is ring(…):otherwise(…)")
  end
end

local function is_text(t, i)
  return t.kind[i] == "string" and not tonumber(tokens.value(t, i))
end

---@param reader MeantReader
---@param i integer a mark
function marks.read(reader, i)
  local t, mark = reader.t, reader.t.text[i]
  if mark == "%" and t.kind[i - 1] == "string" then
    local value = t.text[i + 1] == "(" and "…" or operands.written(t, i + 1, operands.last(t, i + 1))
    reader.say_cause(i, ("to fill in a text write (%s):format(%s)"):format(t.text[i - 1], value))
  elseif mark == "~" and t.kind[i + 1] == "string" and t.kind[i - 1] == "name" then
    local pattern = tokens.value(t, i + 1):gsub("^%^?%+", "^%%+")
    local text = operands.written(t, operands.start(t, i - 1), i - 1)
    reader.say_cause(i, ('~ calculates with numbers: to look for a text write %s:find("%s") ~= nil'):format(
      text, pattern))
  elseif mark == ">" and is_plan(reader, i - 1) then
    reader.say_cause(i, "one plan after the other is written ring(…):otherwise(…), not >")
  elseif mark == "+" and (is_text(t, i - 1) or is_text(t, i + 1)) then
    reader.say_cause(i, "to join texts write .. in place of +")
  end
end

return marks
