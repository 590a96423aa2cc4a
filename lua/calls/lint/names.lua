-- names.lua: names that a rule file uses, and that nobody has given, or that stand for something else there.
--
--   names.read(reader, i, names)   tells reader.say_cause what is wrong with the name at token i; `names` are
--                                  those that a file may use

local absent = require("calls.lint.known.absent")
local mistake = require("calls.mistake")
local operands = require("calls.lint.known.operands")
local tokens = require("calls.source.tokens")
local unquoted = require("calls.lint.unquoted")

local names = {}

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

local KEYS = { go = true, when = true }

-- What a plan is written behind: go = …, return …, :otherwise(…), on("busy", …).
local BEFORE_PLAN = { ["="] = true, ["return"] = true, ["("] = true, [","] = true, ["or"] = true }

--- Is the call at token i where a plan could be?
local function may_be_plan(t, i)
  local close = t.text[i + 1] == "(" and t.pair[i + 1] or i + 1
  return BEFORE_PLAN[t.text[i - 1]] ~= nil and not (t.kind[close + 1] == "op" and operands.goes_on(t, close)
    and t.text[close + 1] ~= ":")
end

--- f"Hello {name}", # night: what other languages have and Lua reads as something else.
local function foreign(t, i)
  if t.kind[i + 1] == "string" and #t.text[i] <= 2 and tokens.touch(t, i) then
    return ('Lua has no %s"…": join texts with .., such as "Hello " .. (call.caller.name or "")'):format(
      t.text[i])
  elseif t.text[i - 1] == "#" and t.text[t.inside[i]] ~= "("
    and (t.line[i - 2] ~= t.line[i] or t.text[i - 2] == "," and not tokens.touch(t, i - 1)) then
    return "a comment begins with --, not #"
  end
end

local function unknown_name(reader, i, known)
  local t, name = reader.t, reader.t.text[i]
  local together = not reader.known.declared[name] and not known[name] and assigned_together(t, i)
  if together then
    local all = table.concat(together, ", ")
    reader.say_cause(i, ("%s is not local: write local %s"):format(mistake.show(name), all))
    for _, each in ipairs(together) do reader.assigned[each] = true end
    return
  end
  if is_no_variable(t, i) or i <= (reader.quoted or 0) or reader.known.declared[name] or known[name] then
    return
  elseif KEYS[name] and t.text[i + 1] == ":" and t.text[t.inside[i]] == "{" then
    reader.say_cause(i, ("in a table write %s = …, not %s:"):format(name, name))
    reader.renamed[name] = true
    return
  elseif compared_key(t, i) then
    reader.renamed[name] = true
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
  local other = foreign(t, i)
  if other then
    reader.say_cause(i, other)
    return
  end
  local all = {}
  for each in pairs(known) do all[each] = true end
  for each in pairs(reader.known.declared) do all[each] = true end
  local text, last = unquoted.text(t, i, all)
  if text then
    local key = t.text[i - 1] == "=" and t.kind[i - 2] == "name" and t.text[i - 2] .. " = " or ""
    reader.say_cause(i, ("%s isn't defined: write it in quotes, %s%q"):format(mistake.show(name), key, text))
    reader.quoted = last
    return
  end
  local is_call = t.text[i + 1] == "(" or t.text[i + 1] == "{" or t.kind[i + 1] == "string"
  reader.say_cause(i, absent.message(name, all, is_call, may_be_plan(t, i)))
end

--- local function early(call) return late(call) end … local function late(call) … end
local function used_too_early(reader, i, known)
  local t, name = reader.t, reader.t.text[i]
  local first = reader.known.first[name]
  local before = first and i < first and t.source:sub(1, t.from[first] - 1):match("[^\n]*$") or ""
  if not before:find("^local ") or known[name] or is_no_variable(t, i) then
    return -- those of a function are its own
  end
  reader.say_cause(i, ("%s is defined further down, on line %d: move that above this line"):format(
    mistake.show(name), t.line[first]))
end

local NAMED = { person = true, group = true, open = true, greeting = true, oncall = true, user = true }

--- person.joe, ring.JOE: a word is called.
local function dotted_word(reader, i, known)
  local t, name = reader.t, reader.t.text[i]
  local field = t.text[i + 1] == "." and t.kind[i + 2] == "name" and t.text[i + 2]
  if field and type(known[name]) == "function" and not reader.known.declared[name]
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
local function hidden_word(reader, i, known)
  local t, name = reader.t, reader.t.text[i]
  local is_call = t.text[i + 1] == "(" or t.text[i + 1] == "{" or t.kind[i + 1] == "string"
  if not is_call or type(known[name]) ~= "function" or is_no_variable(t, i) then
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
local function unknown_library(reader, i, known)
  local t = reader.t
  local library = known[t.text[i]]
  if type(library) ~= "table" or reader.known.declared[t.text[i]] or t.text[i + 1] ~= "."
    or t.text[i - 1] == "." then
    return
  end
  local field = t.text[i + 2]
  if not library[field] then
    reader.say_cause(i, absent.field(t.text[i] .. "." .. field, library))
  end
end

---@param reader MeantReader
---@param i integer a name
---@param known table<string, any> what the file may use
function names.read(reader, i, known)
  unknown_name(reader, i, known)
  used_too_early(reader, i, known)
  hidden_word(reader, i, known)
  global_function(reader, i)
  dotted_word(reader, i, known)
  unused_field(reader, i)
  unknown_library(reader, i, known)
end

return names
