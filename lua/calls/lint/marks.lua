-- marks.lua: marks that mean something else in other languages: "Hello %s" % name, call.from ~ "^+1303",
-- ring(JOE) > voicemail().
--
--   marks.read(reader, i)   tells reader.say_cause if the mark at token i is one of them

local operands = require("calls.lint.operands")
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
  end
end

return marks
