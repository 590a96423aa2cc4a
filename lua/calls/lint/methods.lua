-- methods.lua: what a rule file asks of values with a colon, or with a dot where a colon is meant.
--
--   methods.read(reader, i)               tells reader.say what is wrong with the method at token i
--   methods.dotted_follow_up(reader, i)   the same of a dot behind a call

local absent = require("calls.lint.known.absent")
local tokens = require("calls.source.tokens")
local zone_names = require("calls.zone_names")

local methods = {}

local METHODS = { at = true, open_at = true, next_change = true, otherwise = true, time_in = true }
-- Methods of the words' values, of call and of texts.
local KNOWN_METHODS = { on = true, otherwise = true, text = true, open_at = true, next_change = true,
  at = true, time_in = true }
for method in ("byte char find format gmatch gsub len lower match rep reverse sub upper"):gmatch("%a+") do
  KNOWN_METHODS[method] = true
end

--- Names that the file gives to fields, which may be methods.
local function given_fields(t)
  local fields = {}
  for i = 1, t.count do
    local before, behind = t.text[i - 1], t.text[i + 1]
    if t.kind[i] == "name" and (behind == "=" or (behind == "(" and (before == ":" or before == ".")
      and t.text[i - 3] == "function")) then
      fields[t.text[i]] = true
    end
  end
  return fields
end

local ASKED = { open_at = "hours", next_change = "hours", at = "rota" }

--- OPEN:open_at(…), where OPEN is a table and not hours { … }
local function bare_table(reader, i)
  local t, word = reader.t, ASKED[reader.t.text[i]]
  local value = word and t.text[i - 1] == ":" and reader.known:value(i - 2)
  if value and value.kind == "table" and value.keys and not value.keys[t.text[i]] then
    local name = t.text[i - 2]
    reader.say_cause(i, ("%s is a plain table, from line %d: write %s = %s { … }"):format(
      name, t.line[value.token], name, word))
  end
end

--- x:is_open(…), which nothing has
local function unknown_method(reader, i)
  local t, method = reader.t, reader.t.text[i]
  if t.text[i - 1] ~= ":" or t.text[i - 2] == ":" or (t.text[i + 1] ~= "(" and t.kind[i + 1] ~= "string"
    and t.text[i + 1] ~= "{") or KNOWN_METHODS[method] or t.text[i - 3] == "function"
    or reader.renamed[t.text[i - 2]] then
    return
  end
  reader.fields = reader.fields or given_fields(t)
  if not reader.fields[method] then reader.say_cause(i, absent.method(method, KNOWN_METHODS)) end
end

local FOLLOW_UPS = { on = true, otherwise = true, text = true }

--- ring(JOE).otherwise(…), which is given one value too few
---@param reader MeantReader
---@param i integer
function methods.dotted_follow_up(reader, i)
  local t, method = reader.t, reader.t.text[i + 1]
  if t.text[i - 1] == ")" and FOLLOW_UPS[method] and t.text[i + 2] == "(" then
    reader.say_cause(i, ("%s belongs to a plan, with a colon: ring(…):%s(…)"):format(method, method))
  end
end

--- OFFICE.open_at(call.at), which asks nobody
local function dotted_method(reader, i)
  local t, method = reader.t, reader.t.text[i + 2]
  if t.text[i + 1] == "." and METHODS[method] and t.text[i + 3] == "(" and t.text[i - 1] ~= "."
    and t.text[i + 4] ~= t.text[i] and reader.known.declared[t.text[i]] then
    reader.say(i, ("%s needs a colon: %s:%s(…)"):format(method, t.text[i], method))
  end
end

--- call:time_in("EST")
local function unknown_zone(reader, i)
  local t = reader.t
  local at = t.text[i + 1] == "(" and i + 2 or i + 1
  if t.text[i] ~= "time_in" or t.text[i - 1] ~= ":" or t.kind[at] ~= "string" then
    return
  end
  local fine, message = zone_names.check(tokens.value(t, at))
  if not fine then reader.say_cause(at, "time_in: " .. message) end
end

---@param reader MeantReader
---@param i integer
function methods.read(reader, i)
  unknown_zone(reader, i)
  dotted_method(reader, i)
  unknown_method(reader, i)
  bare_table(reader, i)
end

return methods
