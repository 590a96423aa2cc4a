-- joined.lua: what `and` and `or` join, and can't have been meant to.
--
--   joined.by_or(reader, i)    tells reader.say what is wrong with the `or` at token i
--   joined.by_and(reader, i)   the same of `and`

local operands = require("calls.lint.known.operands")

local joined = {}

local written, goes_on = operands.written, operands.goes_on

local always_value = operands.always_there
local COMPARES = { ["=="] = true, ["~="] = true }
local BEGINS = { ["return"] = true, ["("] = true, ["="] = true, [","] = true, ["{"] = true, ["if"] = true,
  ["elseif"] = true, ["until"] = true, ["while"] = true, ["not"] = true }

--- call.from == JOE or SUE
local function half_compared(reader, i)
  local t = reader.t
  local right = operands.start(t, i - 1)
  local operator = right - 1
  if t.kind[operator] ~= "op" or not COMPARES[t.text[operator]] then
    return false
  end
  local left_end = operator - 1
  local left = operands.start(t, left_end)
  local value, last = operands.always_there(reader, i + 1)
  if not value or goes_on(t, last) or t.text[left - 1] == "and" then
    return false
  end
  local subject, compare = written(t, left, left_end), t.text[operator]
  local join = compare == "==" and "or" or "and"
  reader.say(i, ("this always holds: %s counts as true. Write %s %s %s %s %s %s %s"):format(written(t, i + 1,
    last),
    subject, compare, written(t, right, i - 1), join, subject, compare, written(t, i + 1, last)))
  return true
end

--- call.from ~= JOE and SUE
local function half_excluded(reader, i)
  local t = reader.t
  local right = operands.start(t, i - 1)
  local value, last = operands.always_there(reader, i + 1)
  if t.text[right - 1] ~= "~=" or not value or (value.kind ~= "string" and value.kind ~= "number")
    or goes_on(t, last)
    or t.text[last + 1] == "or" then
    return
  end
  local left = operands.start(t, right - 2)
  local subject, other = written(t, left, right - 2), written(t, i + 1, last)
  reader.say(i, ("%s isn't compared with anything: write %s ~= %s and %s ~= %s"):format(other, subject,
    written(t, right, i - 1), subject, other))
end

--- JOE or SUE, which is JOE
local function settled_or(reader, i)
  local t = reader.t
  local start = operands.start(t, i - 1)
  local value, last = operands.always_there(reader, start)
  if value and last == i - 1 and BEGINS[t.text[start - 1]] and t.text[start - 1] ~= "not" then
    local word = written(t, start, last)
    reader.say(i, ("%s or … is always %s: to ring several write { %s, … }, "
      .. "to compare with several write x == %s or x == …")
      :format(word, word, word, word))
  end
end

--- JOE and ANA, which is ANA; a name may be nil one day, so two texts are meant
local function settled_and(reader, i)
  local t = reader.t
  local start = operands.start(t, i - 1)
  local value, last = operands.always_there(reader, start)
  local other, other_last = operands.always_there(reader, i + 1)
  if value and other and last == i - 1 and BEGINS[t.text[start - 1]] and t.text[start - 1] ~= "not"
    and value.kind == "string" and other.kind == "string" and not goes_on(t, other_last) then
    local one, two = written(t, start, last), written(t, i + 1, other_last)
    if one:find("%d.*%-") and two:find("%d.*%-") then
      reader.say(i, ("%s and %s is always %s: write %s, %s"):format(one, two, two, one:sub(1, -2),
        two:sub(2)))
      return
    end
    reader.say(i, ("%s and %s is always %s: to ring both write { %s, %s }"):format(one, two, two, one, two))
  end
end

local PLANS = { ring = true, voicemail = true, say = true, play = true, reject = true, hangup = true,
  menu = true, twiml = true }

--- The plan whose chain, ring(…):otherwise(…), ends at token i: the word's token.
local function plan_start(reader, i)
  local t = reader.t
  while t.pair[i] and t.pair[i] < i do
    local name = t.pair[i] - 1
    if PLANS[t.text[name]] and t.text[name - 1] ~= ":" and t.text[name - 1] ~= "."
      and not reader.known.declared[t.text[name]] then
      return name
    elseif t.text[name - 1] ~= ":" then
      return nil
    end
    i = name - 2
  end
end

--- ring(JOE) or ring(ANA), which is ring(JOE)
local function settled_plan(reader, i)
  local t = reader.t
  local start = plan_start(reader, i - 1)
  local before = start and t.text[start - 1]
  if start and BEGINS[before] and before ~= "not" and before ~= "if" and before ~= "elseif" then
    reader.say(i, ("a plan %s … is always %s: for one after the other write %s(…):otherwise(…), "
      .. "for several at once ring { JOE, ANA }"):format(t.text[i],
      t.text[i] == "or" and "the plan" or "what is behind it", t.text[start]))
    return true
  end
end

-- What a number can't be at once, or always is.
local OPPOSITE = { ["<"] = "<", ["<="] = "<", [">"] = ">", [">="] = ">" }

--- "call.from ~= JOE" around a comparison's mark: subject, mark and value.
local function comparison_before(reader, i)
  local t = reader.t
  local right = operands.start(t, i - 1)
  local mark = t.text[right - 1]
  if not COMPARES[mark] and not OPPOSITE[mark] then
    return nil
  end
  local left = operands.start(t, right - 2)
  local value, last = always_value(reader, right)
  return left <= right - 2 and last == i - 1 and written(t, left, right - 2), mark, value
end

local function comparison_behind(reader, i)
  local t = reader.t
  local last = operands.last(t, i + 1)
  local mark = t.text[last + 1]
  if t.kind[i + 1] ~= "name" or not COMPARES[mark] and not OPPOSITE[mark] then
    return nil
  end
  local value, value_last = always_value(reader, last + 2)
  return not (value and goes_on(t, value_last)) and written(t, i + 1, last), mark, value
end

--- x ~= A or x ~= B, which always holds; x == A and x == B, hour >= 17 and hour < 8, which never do
local function settled_compare(reader, i)
  local always = reader.t.text[i] == "or"
  local subject, mark, value = comparison_before(reader, i)
  local same, other_mark, other = comparison_behind(reader, i)
  if not subject or subject ~= same or not value or not other or value.value == nil
    or value.value == other.value or type(value.value) ~= type(other.value) then
    return
  end
  local settled = mark == other_mark and mark == (always and "~=" or "==")
  if type(value.value) == "number" and OPPOSITE[mark] and OPPOSITE[other_mark]
    and OPPOSITE[mark] ~= OPPOSITE[other_mark] then
    local above = OPPOSITE[mark] == ">" and value.value or other.value
    local below = OPPOSITE[mark] == "<" and value.value or other.value
    settled = always and above < below or not always and above >= below
  end
  if settled then
    reader.say(i, always
      and ("this always holds: one of the two does, whatever %s is. Write and"):format(subject)
      or ("this never holds: %s can't be both. Write or"):format(subject))
  end
end

---@param reader MeantReader
---@param i integer
function joined.by_or(reader, i)
  settled_compare(reader, i)
  if not half_compared(reader, i) and not settled_plan(reader, i) then settled_or(reader, i) end
end

---@param reader MeantReader
---@param i integer
function joined.by_and(reader, i)
  settled_compare(reader, i)
  half_excluded(reader, i)
  if not settled_plan(reader, i) then settled_and(reader, i) end
end

return joined
