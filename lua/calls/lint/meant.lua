-- meant.lua: what a rule file says and can't have meant.
--
--   meant.read(t, names)   -> Meant: { problems =, warnings =, rules =, t =, known = }
--
-- All of it is valid Lua, but doesn't do what its author thinks, or does nothing:
-- a key given twice, a field that isn't there, a comparison that always holds.
-- `names` are those that the file may use. What is found is certain; what may
-- be meant after all is a warning.

local absent = require("calls.lint.known.absent")
local conditions = require("calls.lint.conditions")
local constants = require("calls.lint.known.constants")
local handed = require("calls.lint.handed")
local literals = require("calls.lint.literals")
local loops = require("calls.lint.loops")
local marks = require("calls.lint.marks")
local menu_keys = require("calls.lint.menu_keys")
local methods = require("calls.lint.methods")
local mistake = require("calls.mistake")
local own_names = require("calls.lint.names")
local tokens = require("calls.source.tokens")
local word_values = require("calls.lint.word_values")

local meant = {}

local MARKS = { ["%"] = true, ["~"] = true, [">"] = true, ["+"] = true }

---@class MeantProblem
---@field line integer
---@field message string
---@field rule string? that can't run at all because of it
---@field echoes boolean? it makes the file fail when it runs, too, and that need not be told

---@class Meant
---@field t Tokens
---@field known Constants
---@field names table<string, boolean> that the file may use
---@field renamed table<string, true> names that are meant as keys of a table
---@field problems MeantProblem[]
---@field warnings MeantProblem[]

---@class MeantReader
---@field t Tokens
---@field known Constants
---@field say fun(i: integer, message: string) what is wrong at token i
---@field say_cause fun(i: integer, message: string, rule: string?) the same of what makes the file fail, too
---@field doubt fun(i: integer, message: string) what may be wrong there
---@field assigned table<string, true> names without a local that were given a value

--- "mon", ["+1303…"], [1] as the author would write it.
local function key_text(key)
  return type(key) == "string" and mistake.show(key) or ("[%s]"):format(tostring(key))
end

local function repeated_keys(reader, brace)
  local seen = {}
  for _, field in ipairs(tokens.fields(reader.t, brace)) do
    local before = field.key ~= nil and seen[field.key]
    if before then
      reader.say(field.start, ("%s is there twice, also on line %d, and only one of them counts"):format(
        key_text(field.key), before))
    elseif field.key ~= nil then
      seen[field.key] = field.line
    end
  end
end

--- What a field that holds nothing is called.
local function nothing(reader, field)
  local t = reader.t
  if field.first == field.last and t.text[field.first] == "nil" then
    return "nil"
  end
  local value, last = reader.known:value(field.first)
  if value and value.kind == "nil" and last == field.last then
    return t.text[field.first] .. ", which is nil"
  end
end

local function holes(reader, brace)
  local t, fields = reader.t, tokens.fields(reader.t, brace)
  for _, field in ipairs(fields) do
    local word = field.positional and nothing(reader, field)
    if word then
      local text = #fields > 1
        and "entry %d of this list is %s: it vanishes, and Lua may not see what is behind it"
        or "entry %d of this list is %s, so the list is empty"
      reader.say_cause(field.start, text:format(field.key, word))
    end
  end
  -- menu("…", { ["1"] = nil })
  local word = t.text[t.inside[brace]] == "(" and t.text[t.inside[brace] - 1]
  for _, field in ipairs(word == "menu" and fields or {}) do
    local value = not field.positional and nothing(reader, field)
    if value then
      reader.say_cause(field.start, ("menu: key %s has no plan: it is %s"):format(key_text(field.key), value))
    end
  end
end

--- A value that is only asked whether it is there: x.y or …, if x.y then, x.y == nil.
local function is_tested(t, first, last)
  local before, behind = t.text[first - 1], t.text[last + 1]
  if before == "==" or before == "~=" then
    return t.text[first - 2] == "nil"
  end
  return before == "not" or behind == "or" or behind == "and" or behind == "then"
    or ((behind == "==" or behind == "~=") and t.text[last + 2] == "nil")
end

local function absent_field(reader, i)
  local t = reader.t
  local value, last = reader.known:value(i)
  if not value or value.kind ~= "absent" or is_tested(t, i, last) then
    return
  elseif t.text[last + 1] == "=" and t.kind[last + 1] == "op" then
    return
  end
  local whole, near = t.source:sub(t.from[i], t.last[last]), mistake.nearest(value.name, value.keys)
  -- KEEPER.house, where house is a variable
  if near == "" and t.text[last] == value.name and last == i + 2 and reader.known.declared[value.name] then
    near = (": write %s[%s]"):format(t.text[i], value.name)
  end
  if near == "" and absent.of_list(value.name) then near = ": " .. absent.of_list(value.name) end
  reader.say_cause(i, ("%s is nil: the table of line %d has no %s%s"):format(whole, t.line[value.token],
    mistake.show(value.name), near))
end

local BEFORE_STATEMENT = { ["then"] = true, ["do"] = true, ["else"] = true, [";"] = true, ["end"] = true }

--- Is token i the first of a statement?
local function begins_statement(t, i)
  local before, kind = t.text[i - 1], t.kind[i - 1]
  if i == 1 or BEFORE_STATEMENT[before] then
    return true
  end
  local opened = t.pair[i - 1]
  if before == ")" and opened and opened < i then
    local head = opened - 1
    while head > 0 and (t.kind[head] == "name" or t.text[head] == "."
      or t.text[head] == ":") do head = head - 1 end
    if t.text[head] == "function" then
      return true
    end
  end
  return kind == "name" or kind == "string" or kind == "number" or before == ")" or before == "}"
    or before == "]"
    or before == "nil" or before == "true" or before == "false"
end

local PLANS = { ring = true, voicemail = true, say = true, play = true, reject = true, hangup = true,
  menu = true,
  twiml = true }

local FOLLOWS = { on = true, otherwise = true, text = true }

--- p:otherwise(…), which gives a plan back and leaves p as it is
local function follow_up_lost(reader, i)
  local t, method = reader.t, reader.t.text[i + 2]
  if t.text[i + 1] == ":" and FOLLOWS[method] and t.text[i + 3] == "(" and begins_statement(t, i) then
    local name = t.text[i]
    reader.say(i, ("%s:%s(…) doesn't change %s, it makes a new plan: write %s = %s:%s(…)"):format(name,
      method, name,
      name, name, method))
  end
end

local function thrown_away(reader, i)
  local t, word = reader.t, reader.t.text[i]
  if reader.known.declared[word] then
    follow_up_lost(reader, i)
  end
  if not PLANS[word] or reader.known.declared[word] or t.text[t.inside[i]] == "{"
    or t.text[t.inside[i]] == "("
    or t.text[t.inside[i]] == "[" then
    return
  end
  local call = tokens.arguments(t, i)
  if call and begins_statement(t, i) then
    reader.say(i, ("this plan is never used: write return %s…"):format(
      t.source:sub(t.from[i], t.last[i + 1])))
  end
end

---@param t Tokens of the file
---@param names table<string, any> what the file may use: words, functions, libraries with their fields
---@return Meant
function meant.read(t, names)
  local known = constants.of(t)
  local found = { t = t, known = known, names = names, problems = {}, warnings = {}, renamed = {} }
  local function into(list, echoes)
    return function(i, message, rule)
      list[#list + 1] = { line = t.line[i], message = message, echoes = echoes, rule = rule }
    end
  end
  local reader = { t = t, known = known, assigned = {}, renamed = found.renamed, say = into(found.problems),
    say_cause = into(found.problems, true), doubt = into(found.warnings) }
  for i = 1, t.count do
    local kind, text = t.kind[i], t.text[i]
    if kind == "name" then
      own_names.read(reader, i, names)
      absent_field(reader, i)
      thrown_away(reader, i)
      methods.read(reader, i)
      word_values.read(reader, i)
      handed.read(reader, i)
      if text == "menu" and not known.declared.menu then menu_keys.read(reader, i) end
    elseif kind == "string" then
      literals.spoken(reader, i)
    elseif kind == "keyword" then
      loops.read(reader, i)
      if text == "return" then marks.returned(reader, i) end
    elseif kind == "op" and text == "." then
      methods.dotted_follow_up(reader, i)
    elseif kind == "op" and MARKS[text] then
      marks.read(reader, i)
    elseif kind == "op" and (text == "==" or text == "~=") then
      word_values.compared(reader, i)
    elseif kind == "op" and text == "{" and t.pair[i] then
      repeated_keys(reader, i)
      holes(reader, i)
    end
  end
  conditions.read(reader)
  literals.read(reader)
  return found
end

return meant
