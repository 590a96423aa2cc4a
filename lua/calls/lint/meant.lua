-- meant.lua: what a rule file says and can't have meant.
--
--   meant.read(t, names)   -> Meant: { problems =, warnings =, rules =, t =, known = }
--
-- All of it is valid Lua, but doesn't do what its author thinks, or does nothing:
-- a key given twice, a field that isn't there, a comparison that always holds.
-- `names` are those that the file may use. What is found is certain; what may
-- be meant after all is a warning.

local conditions = require("calls.lint.conditions")
local constants = require("calls.lint.constants")
local literals = require("calls.lint.literals")
local loops = require("calls.lint.loops")
local menu_keys = require("calls.lint.menu_keys")
local methods = require("calls.lint.methods")
local mistake = require("calls.mistake")
local absent = require("calls.lint.absent")
local tokens = require("calls.source.tokens")
local word_values = require("calls.lint.word_values")

local meant = {}

---@class MeantProblem
---@field line integer
---@field message string
---@field echoes boolean? it makes the file fail when it runs, too, and that need not be told

---@class Meant
---@field t Tokens
---@field known Constants
---@field names table<string, boolean> that the file may use
---@field problems MeantProblem[]
---@field warnings MeantProblem[]

---@class MeantReader
---@field t Tokens
---@field known Constants
---@field say fun(i: integer, message: string) what is wrong at token i
---@field say_cause fun(i: integer, message: string) the same of what also makes the file fail when it runs
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
  reader.say_cause(i, ("%s is nil: the table of line %d has no %s%s"):format(whole, t.line[value.token],
    mistake.show(value.name), near))
end

--- A key of a table, a label, or what stands behind a local's name: <const>.
local function is_no_variable(t, i)
  local before, behind = t.text[i - 1], t.text[i + 1]
  return before == "." or before == ":" or before == "goto" or before == "::"
    or (behind == "=" and t.kind[i + 1] == "op" and t.text[t.inside[i]] == "{")
    or (before == "<" and behind == ">" and (t.text[i] == "const" or t.text[i] == "close"))
end

--- { seconds == 20 }
local function compared_key(t, i)
  local before = t.text[i - 1]
  return t.text[i + 1] == "==" and t.kind[i + 1] == "op" and t.text[t.inside[i]] == "{"
    and (before == "{" or before == "," or before == ";")
end

-- Fields of the list that a file returns. Elsewhere nobody reads them.
local OF_LIST = { examples = true, try_for = true }

--- local examples = { … }, which nothing uses
local function unused_field(reader, i)
  local t, name = reader.t, reader.t.text[i]
  if not OF_LIST[name] or reader.known.first[name] ~= i then
    return
  end
  for k = i + 1, t.count do
    local is_key = t.text[k + 1] == "=" and t.text[t.inside[k]] == "{"
    if t.text[k] == name and t.kind[k] == "name" and not is_key then
      return
    end
  end
  reader.say(i, ("%s belongs in the list of rules: return { …, %s = { … } }"):format(name, name))
end

--- JOE, ANA = "+1…", "+1…" at the beginning of a line: the names from token i on, nil for anything else.
local function assigned_together(t, i)
  if t.inside[i] ~= 0 or t.line[i - 1] == t.line[i] or t.text[i + 1] ~= "," then
    return nil
  end
  local list, k = { t.text[i] }, i + 1
  while t.text[k] == "," and t.kind[k + 1] == "name" do
    list[#list + 1], k = t.text[k + 1], k + 2
  end
  return t.text[k] == "=" and t.kind[k] == "op" and list or nil
end

local function unknown_name(reader, i, names)
  local t, name = reader.t, reader.t.text[i]
  local together = not reader.known.declared[name] and not names[name] and assigned_together(t, i)
  if together then
    local all = table.concat(together, ", ")
    reader.say_cause(i, ("%s is not local: write local %s"):format(mistake.show(name), all))
    for _, each in ipairs(together) do reader.assigned[each] = true end
    return
  end
  if is_no_variable(t, i) or reader.known.declared[name] or names[name] then
    return
  elseif compared_key(t, i) then
    reader.say_cause(i, ("== compares: to give a value write %s = …"):format(name))
    return
  elseif t.text[i + 1] == "=" and OF_LIST[name] then
    reader.say_cause(i, ("%s belongs in the list of rules: return { …, %s = { … } }"):format(name, name))
    reader.assigned[name] = true
    return
  elseif t.text[i + 1] == "=" and t.kind[i + 1] == "op" and not reader.assigned[name] then
    reader.say_cause(i, ("%s is not local: write local %s"):format(mistake.show(name), name))
    reader.assigned[name] = true
    return
  elseif reader.assigned[name] then
    return -- told where it is assigned
  end
  local all = {}
  for each in pairs(names) do all[each] = true end
  for each in pairs(reader.known.declared) do all[each] = true end
  local is_call = t.text[i + 1] == "(" or t.text[i + 1] == "{" or t.kind[i + 1] == "string"
  reader.say_cause(i, absent.message(name, all, is_call))
end

local NAMED = { person = true, group = true, open = true, greeting = true, oncall = true, user = true }

--- person.joe, ring.JOE: a word is called.
local function dotted_word(reader, i, names)
  local t, name = reader.t, reader.t.text[i]
  local field = t.text[i + 1] == "." and t.kind[i + 2] == "name" and t.text[i + 2]
  if field and type(names[name]) == "function" and not reader.known.declared[name]
    and t.text[i - 1] ~= "." and t.text[i - 1] ~= ":" then
    reader.say_cause(i, ("%s is a word and has no fields: write %s"):format(name,
      NAMED[name] and ("%s(%q)"):format(name, field) or ("%s(%s)"):format(name, field)))
  end
end

--- function is_vip(call) … end, without local
local function global_function(reader, i)
  local t, name = reader.t, reader.t.text[i]
  if t.text[i - 1] == "function" and t.text[i - 2] ~= "local" and t.text[i + 1] == "(" then
    reader.say_cause(i, ("%s is not local: write local function %s"):format(mistake.show(name), name))
  end
end

local KINDS = { string = "a text", number = "a number", table = "a table" }

--- local open = "08:00" … open("office", call.at): a word that can't be called any more.
local function hidden_word(reader, i, names)
  local t, name = reader.t, reader.t.text[i]
  local is_call = t.text[i + 1] == "(" or t.text[i + 1] == "{" or t.kind[i + 1] == "string"
  if not is_call or type(names[name]) ~= "function" or is_no_variable(t, i) then
    return
  end
  local value = reader.known:value(i)
  local kind = value and KINDS[value.kind]
  if kind then
    reader.say_cause(i, ("%s is %s here, from line %d, and hides the word %s(…): "
      .. "give it another name"):format(name, kind, t.line[reader.known.first[name]], name))
  end
end

--- math.random, os.time: fields of the language that rules don't have.
local function unknown_library(reader, i, names)
  local t = reader.t
  local library = names[t.text[i]]
  if type(library) ~= "table" or reader.known.declared[t.text[i]] or t.text[i + 1] ~= "."
    or t.text[i - 1] == "." then
    return
  end
  local field = t.text[i + 2]
  if not library[field] then
    reader.say_cause(i, absent.field(t.text[i] .. "." .. field, library))
  end
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
  local found = { t = t, known = known, names = names, problems = {}, warnings = {} }
  local function into(list, echoes)
    return function(i, message)
      list[#list + 1] = { line = t.line[i], message = message, echoes = echoes }
    end
  end
  local reader = { t = t, known = known, assigned = {}, say = into(found.problems),
    say_cause = into(found.problems, true), doubt = into(found.warnings) }
  for i = 1, t.count do
    local kind, text = t.kind[i], t.text[i]
    if kind == "name" then
      unknown_name(reader, i, names)
      hidden_word(reader, i, names)
      global_function(reader, i)
      dotted_word(reader, i, names)
      unused_field(reader, i)
      unknown_library(reader, i, names)
      absent_field(reader, i)
      thrown_away(reader, i)
      methods.read(reader, i)
      word_values.read(reader, i)
      if text == "menu" and not known.declared.menu then menu_keys.read(reader, i) end
    elseif kind == "keyword" then
      loops.read(reader, i)
    elseif kind == "op" and text == "." then
      methods.dotted_follow_up(reader, i)
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
