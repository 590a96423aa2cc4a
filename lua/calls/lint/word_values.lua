-- word_values.lua: what a rule file asks of the values that contacts, person, group and oncall give.
--
--   word_values.read(reader, i)       tells reader.say what is wrong with the list of contacts at token i
--   word_values.compared(reader, i)   the same of the comparison at token i
--
-- A list of contacts has a name for each number; a person or a group is for ring. Anything else that is asked
-- of them is nil, and a comparison with a number never holds.

local call_fields = require("calls.lint.known.call_fields")
local mistake = require("calls.mistake")
local operands = require("calls.lint.known.operands")
local tokens = require("calls.source.tokens")

local word_values = {}

-- Told by methods.lua.
local FOLLOW_UPS = { on = true, otherwise = true, text = true }

--- The word that made the value of the name at token i: contacts, hours, rota; nil when nobody can tell.
local function maker(reader, i)
  local t, known = reader.t, reader.known
  local name, first = t.text[i], known.first[t.text[i]]
  local word = first and first ~= i and known.declared[name] == 1 and not known.written[name]
    and t.text[i - 1] ~= "." and t.text[i - 1] ~= ":" and t.text[first + 1] == "=" and t.text[first + 2]
  local open = first and t.text[first + 3]
  return word and not known.declared[word] and (open == "{" or open == "(") and word or nil
end

local ASKED = { hours = { "opening hours have", "open_at" }, rota = { "a rota has", "at" } }
local METHODS = { open_at = true, next_change = true, at = true } -- told by methods.lua

--- OFFICE.open, ONCALL[call.at]
local function field_of_hours(reader, i, asked)
  local t = reader.t
  local mark, name = t.text[i + 1], t.text[i]
  if mark == "." and not METHODS[t.text[i + 2]] or mark == "[" then
    reader.say_cause(i, ("%s no %s: write %s:%s(call.at)"):format(asked[1], mark == "[" and "fields"
      or mistake.show(t.text[i + 2]), name, asked[2]))
  end
end

--- The text that a list is asked for by a constant: VIPS.grace, VIPS["grace"].
local function constant_key(t, i)
  if t.text[i + 1] == "." then
    return t.text[i + 2], i + 2
  elseif t.text[i + 1] == "[" and t.kind[i + 2] == "string" and t.text[i + 3] == "]" then
    return tokens.value(t, i + 2), i + 3
  end
end

local TARGETS = { person = true, group = true, oncall = true, user = true }

--- The last token of person("joe") or person "joe" that begins at token i.
local function target_end(reader, i)
  local t = reader.t
  if not TARGETS[t.text[i]] or t.kind[i] ~= "name" or reader.known.declared[t.text[i]]
    or t.text[i - 1] == "." or t.text[i - 1] == ":" then
    return nil
  end
  return t.kind[i + 1] == "string" and i + 1 or t.text[i + 1] == "(" and t.pair[i + 1] or nil
end

local OF_TARGET = { person = true, name = true, user = true }

--- person("joe").phone
local function field_of_target(reader, i)
  local t, last = reader.t, target_end(reader, i)
  local field = last and t.text[last + 1] == "." and t.text[last + 2]
  if field and not OF_TARGET[field] and not FOLLOW_UPS[field] then
    reader.say_cause(i, ("%s has no field %s: it is for ring(…)"):format(operands.written(t, i, last),
      mistake.show(field)))
  end
end

--- call:time_in("Europe/Berlin").hours
local function field_of_time(reader, i)
  local t = reader.t
  local last = t.text[i] == "time_in" and t.text[i - 1] == ":" and t.text[i + 1] == "(" and t.pair[i + 1]
  local field = last and t.text[last + 1] == "." and t.text[last + 2]
  local message = field and call_fields.fault("time." .. field)
  if message then
    reader.say_cause(i, operands.written(t, i - 2, last) .. message:sub(#"call.time" + 1))
  end
end

---@param reader MeantReader
---@param i integer a name
function word_values.read(reader, i)
  local t = reader.t
  field_of_target(reader, i)
  field_of_time(reader, i)
  local word = maker(reader, i)
  if ASKED[word] then
    field_of_hours(reader, i, ASKED[word])
  end
  if word ~= "contacts" then
    return
  end
  local name = t.text[i]
  local key, last = constant_key(t, i)
  if key and not key:find("%d") and key ~= "anonymous" then
    reader.say_cause(i, ("%s is a list by number and has no %s: %s[call.from] is the caller's name"):format(
      name, mistake.show(key), name))
    return
  end
  last = last or t.text[i + 1] == "[" and t.pair[i + 1]
  local field = last and t.text[last + 1] == "." and t.text[last + 2]
  if field and not string[field] then
    local whole = operands.written(t, i, last)
    reader.say_cause(i, ("%s is a name, a text, and has no field %s"):format(whole, mistake.show(field)))
  end
end

local PHONES = { ["call.from"] = true, ["call.to"] = true, ["call.forwarded_from"] = true,
  ["call.number.phone_number"] = true }

---@param reader MeantReader
---@param i integer == or ~=
function word_values.compared(reader, i)
  local t = reader.t
  for side, other in pairs { [i - 1] = i + 1, [i + 1] = i - 1 } do
    local asked = t.kind[side] == "name" and t.text[other] ~= "nil" and ASKED[maker(reader, side)]
    local behind = side > i and t.text[side + 1] or t.text[side - 1]
    if asked and behind ~= "." and behind ~= ":" and behind ~= "[" and behind ~= "(" then
      reader.say_cause(i, ("%s is neither true nor a text: write %s:%s(call.at)"):format(t.text[side],
        t.text[side], asked[2]))
    end
  end
  local left = t.kind[i - 1] == "string" and t.kind[i - 2] == "name" and i - 2 or operands.start(t, i - 1)
  local left_words, left_end = tokens.chain(t, left)
  local right_words = tokens.chain(t, i + 1)
  local target_first, target_last, phone = left, target_end(reader, left), right_words
  if not target_last or target_last ~= i - 1 then
    target_first, target_last = i + 1, target_end(reader, i + 1)
    phone = left_end == i - 1 and left_words
  end
  if target_last and PHONES[phone] and t.text[target_last + 1] ~= "." then
    reader.say_cause(i, ('%s is a number and never equals %s, which is for ring(…): compare it with a '
      .. 'number, such as %s == "+13035550142"'):format(
      phone, operands.written(t, target_first, target_last), phone))
  end
end

return word_values
