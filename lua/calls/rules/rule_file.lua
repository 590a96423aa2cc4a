-- rule_file.lua: checks the list that a rule file returns, and says where it is wrong.
--
--   rule_file.read(file, list)           -> entries: { name, line, plan = FlatPlan? }, one a rule
--   rule_file.examples(file, list)       -> the examples, as plain data
--   rule_file.fail(file, line, message)  raises "forwarding.lua:12: message"
--
-- The file has run by now and its lines are gone from the stack, so the line of
-- a rule is that of its functions, or of its name in the source.

local mistake = require("calls.mistake")
local plans = require("calls.plans.plan")

local rule_file = {}

local FIELDS = { when = true, go = true }
local LIST_FIELDS = { examples = true }
local EXAMPLE_FIELDS = {
  from = "string", to = "string", forwarded_from = "string", at = "any", expect = "string",
  number = "table", owner = "table", caller = "table", line = "table", forwarding = "table",
  lookups = "table", override = "table",
}
local NAME_BYTES = 200
local SLICE = 65536
local SHAPE = '{ "name", when = …, go = … }'

---@class RuleFile
---@field name string "forwarding.lua"
---@field source string
---@field known table<function, string> functions of the language and the words -> their names
---@field options table
---@field quoted table<string, integer|false>? what stands in quotes -> its line

---@class RuleEntry
---@field name string
---@field line integer
---@field plan FlatPlan? when `go` is a plan

---@param file RuleFile
---@param line integer
---@param message string
function rule_file.fail(file, line, message)
  error(("%s:%d: %s"):format(file.name, line, message), 0)
end

local fail = rule_file.fail

-- How many lines end between two places. In slices: a pattern may take no more steps.
local function line_ends(source, first, last)
  local count = 0
  for at = first, last, SLICE do
    local _, ends = source:sub(at, math.min(at + SLICE - 1, last)):gsub("\n", "")
    count = count + ends
  end
  return count
end

--- What stands between two quotes on one line -> that line, or false when it is there twice.
local function quoted(source)
  local found = {}
  for _, quote in ipairs({ '"', "'" }) do
    local line, counted, from = 1, 1, source:find(quote, 1, true)
    while from do
      local to = source:find(quote, from + 1, true)
      local name = to and to - from <= NAME_BYTES + 1 and source:sub(from + 1, to - 1)
      if name and not name:find("\n", 1, true) then
        line, counted = line + line_ends(source, counted, from), from + 1
        found[name] = found[name] == nil and line
      end
      from = to
    end
  end
  return found
end

--- The line on which a rule's name stands in quotes, when that is so once.
local function name_line(file, name)
  file.quoted = file.quoted or quoted(file.source)
  return file.quoted[name] or nil
end

local function function_line(file, f)
  local info = type(f) == "function" and debug.getinfo(f, "S")
  return info and info.source == "@" .. file.name and info.linedefined or nil
end

--- The line of a rule's functions; of its name when they were written before the list.
local function rule_line(file, rule)
  local named = name_line(file, rule[1])
  local line = function_line(file, rule.when) or function_line(file, rule.go)
  if line and named and line < named then
    return named
  end
  return line or named or 1
end

--- Where the list begins: the last `return` at the start of a line.
local function list_line(file)
  local source, found = file.source, 0
  local at = source:find("\nreturn", 1, true)
  while at do
    if source:find("^%f[^%w_]", at + 7) then found = at end
    at = source:find("\nreturn", at + 7, true)
  end
  return 1 + line_ends(source, 1, found)
end

local function rule_name(file, rule, position)
  local plain = type(rule) == "table" and not plans.is(rule)
  local name = plain and rule[1]
  local fits = type(name) == "string" and name:find("%S") and not name:find("%c") and #name <= NAME_BYTES
  if fits and utf8.len(name) then
    return name
  end
  local line = plain and (function_line(file, rule.when) or function_line(file, rule.go))
  fail(file, line or list_line(file), ("rule %d must begin with its name: %s"):format(position, SHAPE))
end

local function check_fields(file, line, rule, label)
  for key in pairs(rule) do
    if key ~= 1 and not FIELDS[key] then
      fail(file, line, ("%s has an unknown field %s%s: a rule is %s"):format(
        label, mistake.show(key), mistake.nearest(key, FIELDS), SHAPE))
    end
  end
end

local function check_when(file, line, when, label)
  if when ~= nil and type(when) ~= "function" then
    fail(file, line, ("%s: when must be function(call) … end, not %s"):format(
      label, plans.is(when) and "a plan" or mistake.show(when)))
  end
end

local function check_go(file, line, go, label)
  local word = file.known[go]
  if word then
    fail(file, line, ("%s: go = %s lacks its parentheses: %s(…)"):format(label, word, word))
  elseif not plans.is(go) and type(go) ~= "function" then
    fail(file, line, ("%s: go must be a plan (ring, voicemail, …) or function(call) … end, not %s"):format(
      label, mistake.show(go)))
  end
end

--- The plan as data. What is wrong with it has no line of its own any more.
local function flattened(file, line, label, plan)
  local ok, result = pcall(plans.flatten, plan, file.options)
  if not ok then
    fail(file, line, ("%s: %s"):format(label, (tostring(result):gsub("^%S-%.lua:%d+: ", ""))))
  end
  return result
end

local function read_rule(file, rule, position, lines)
  local name = rule_name(file, rule, position)
  local line, label = rule_line(file, rule), ('rule "%s"'):format(name)
  if lines[name] then
    fail(file, line, ("%s is there twice, also on line %d"):format(label, lines[name]))
  end
  lines[name] = line
  check_fields(file, line, rule, label)
  check_when(file, line, rule.when, label)
  check_go(file, line, rule.go, label)
  local plan = type(rule.go) ~= "function" and flattened(file, line, label, rule.go) or nil
  return { name = name, line = line, plan = plan }
end

---@param file RuleFile
---@param list any what the file returned
---@return RuleEntry[]
function rule_file.read(file, list)
  if type(list) ~= "table" or plans.is(list) then
    fail(file, list_line(file), ("the file must return a list of rules, not %s"):format(
      plans.is(list) and "a plan" or mistake.show(list)))
  end
  for key in pairs(list) do
    local number = math.type(key) == "integer" and key >= 1 and key <= #list
    if not number and not LIST_FIELDS[key] then
      fail(file, list_line(file), ("the list of rules has an unknown field %s%s"):format(
        mistake.show(key), mistake.nearest(key, LIST_FIELDS)))
    end
  end
  local entries, lines = {}, {}
  for i = 1, #list do
    entries[i] = read_rule(file, list[i], i, lines)
  end
  return entries
end

--- Plain data of plain data, without what lies deeper than an example goes.
local function copied(value, depth)
  if type(value) ~= "table" then
    return value
  end
  local out = {}
  for key, inner in pairs(value) do
    if depth > 0 and type(inner) ~= "function" then out[key] = copied(inner, depth - 1) end
  end
  return out
end

--- A misspelt field would leave an example that says less than its author thinks.
local function check_example(file, line, number, example)
  for key, value in pairs(example) do
    local wanted = EXAMPLE_FIELDS[key]
    if not wanted then
      fail(file, line, ("example %d has an unknown field %s%s"):format(
        number, mistake.show(key), mistake.nearest(key, EXAMPLE_FIELDS)))
    elseif wanted ~= "any" and type(value) ~= wanted then
      fail(file, line, ("example %d: %s must be a %s, not %s"):format(
        number, key, wanted == "string" and "text" or wanted, mistake.show(value)))
    end
  end
end

---@param file RuleFile
---@param list table
---@return table[]
function rule_file.examples(file, list)
  local examples, line = list.examples or {}, list_line(file)
  if type(examples) ~= "table" then
    fail(file, line, "examples must be a list of { from = …, at = …, expect = … }")
  end
  for key, example in pairs(examples) do
    if math.type(key) ~= "integer" or type(example) ~= "table" or type(example.expect) ~= "string" then
      fail(file, line, ('example %s must be { from = …, at = …, expect = "voicemail" }')
        :format(tostring(key)))
    end
    check_example(file, line, key, example)
  end
  return copied(examples, 4)
end

return rule_file
