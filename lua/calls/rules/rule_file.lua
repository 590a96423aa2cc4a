-- rule_file.lua: checks the list that a rule file returns and locates its mistakes.
--
--   rule_file.read(file, list)           -> entries: { name, line, plan = FlatPlan? }, one per rule
--   rule_file.examples(file, list)       -> the examples, as plain data
--   rule_file.fail(file, line, message)  raises "forwarding.lua:12: message"; read and examples
--                                        continue, and collect problems in file.problems
--
-- The file has run by now and its lines have left the stack, so a rule's line is that of its functions, or of
-- its name in the source.

local mistake = require("calls.mistake")
local plans = require("calls.plans.plan")
local places = require("calls.source.places")
local tokens = require("calls.source.tokens")

local rule_file = {}

local FIELDS = { when = true, go = true }
-- What other systems call them.
local MEANT = { condition = "when", match = "when", wenn = "when", cuando = "when", quand = "when",
  test = "when", on = "when", action = "go", plan = "go", target = "go", destination = "go", to = "go",
  ["then"] = "go" }
local LIST_FIELDS = { examples = true, try_for = true }
local EXAMPLE_FIELDS = {
  from = "string", to = "string", forwarded_from = "string", at = "any", expect = "string",
  number = "table", owner = "table", caller = "table", line = "table", forwarding = "table",
  lookups = "table", override = "table",
}
local NAME_BYTES = 200
local MOST_RULES = 100000
local SHAPE = '{ "name", when = …, go = … }'

---@class RuleFile
---@field name string "forwarding.lua"
---@field source string
---@field known table<function, string> functions of the language and the words -> their names
---@field options table
---@field problems any[] "forwarding.lua:12: …" each
---@field names table<string, integer[]>? of rules -> lines
---@field t Tokens? of the source, once something was wrong

---@class RuleEntry
---@field name string
---@field line integer
---@field plan FlatPlan? when `go` is a plan
---@field always boolean? it has no `when`
---@field unsure boolean? something in it is wrong, and rules behind it may be meant
---@field held string? the last value of its `when` that was neither true nor false

---@param file RuleFile
---@param line integer
---@param message string
function rule_file.fail(file, line, message)
  error(("%s:%d: %s"):format(file.name, line, message), 0)
end

--- Note a problem and continue.
local function note(file, line, message)
  file.problems[#file.problems + 1] = ("%s:%d: %s"):format(file.name, line, message)
end

--- The line of the next rule with that name, if it is written out.
local function name_line(file, name)
  if not file.names then
    local ok, names = pcall(places.rules, file.source)
    file.names = ok and names or {}
  end
  local lines = file.names[name]
  return lines and (#lines > 1 and table.remove(lines, 1) or lines[1])
end

local function function_line(file, f)
  local info = type(f) == "function" and debug.getinfo(f, "S")
  return info and info.source == "@" .. file.name and info.linedefined or nil
end

--- The line of a rule's functions, or of its name if they come before the list.
local function rule_line(file, rule)
  local named = name_line(file, rule[1])
  local line = function_line(file, rule.when) or function_line(file, rule.go)
  if line and named and line < named then
    return named
  end
  return line or named or 1
end

--- Where the list begins.
local function list_line(file)
  local ok, line = pcall(places.list, file.source)
  return ok and line or 1
end

--- Where a file without a list ends.
local function last_line(file)
  local _, line = file.source:gsub("%s+$", ""):gsub("\n", "")
  return line + 1
end

--- The line of a field of a rule that is written out, else `line`. The file is only read when something is
--- wrong.
local function part_line(file, name, position, key, line)
  local ok, found = pcall(function()
    file.t = file.t or tokens.read(file.source)
    return places.part(file.t, name, position, key)
  end)
  return ok and found or line
end

--- The rule's name, or nil.
local function rule_name(file, rule, position)
  if mistake.is_unknown(rule) then
    return nil
  elseif rule == nil then
    note(file, list_line(file),
      ("rule %d of the list is nil, so the rules after it would be lost"):format(position))
    return nil
  end
  local plain = type(rule) == "table" and not plans.is(rule)
  local name = plain and rule[1]
  if mistake.is_unknown(name) then
    return ("rule %d"):format(position)
  end
  local fits = type(name) == "string" and name:find("%S") and not name:find("%c") and #name <= NAME_BYTES
  if fits and utf8.len(name) then
    return name
  end
  local line = plain and (function_line(file, rule.when) or function_line(file, rule.go)) or list_line(file)
  if plain and rule.name ~= nil then
    note(file, part_line(file, nil, position, "name", line),
      ("rule %d must begin with its name alone, without name =: %s"):format(position, SHAPE))
    return nil
  end
  note(file, part_line(file, nil, position, nil, line),
    ("rule %d must begin with its name%s: %s"):format(position,
      not plain and ", and is " .. mistake.show(rule) or "", SHAPE))
end

--- What a rule has besides name, when and go. True when that may be one of them.
local function check_fields(file, line_of, rule, label)
  local found
  for key, value in pairs(rule) do
    if math.type(key) == "integer" and key ~= 1 then
      note(file, line_of(key), plans.is(value)
        and ("%s: nothing follows this plan. One after the other is ring(…):otherwise(ring(…))"):format(label)
        or ("%s: this value has no name: a rule is %s"):format(label, SHAPE))
      found = true
    elseif key ~= 1 and not FIELDS[key] then
      local meant = MEANT[key] and (' (did you mean "%s"?)'):format(MEANT[key])
        or mistake.nearest(key, FIELDS)
      note(file, line_of(key), ("%s has an unknown field %s%s: a rule is %s"):format(
        label, mistake.show(key), meant, SHAPE))
      found = true
    end
  end
  return found
end

local function check_when(file, line_of, when, label)
  if when ~= nil and type(when) ~= "function" and not mistake.is_unknown(when) then
    local shown = mistake.show(when)
    note(file, line_of("when"), ("%s: when must be function(call) return … end, not %s%s"):format(label,
      shown, shown == mistake.OPENING_HOURS and ": write function(call) return OFFICE:open_at(call.at) end"
      or when == true and ": a rule without when always holds" or ""))
  end
end

local function check_go(file, line_of, go, label)
  local word = file.known[go]
  if word then
    note(file, line_of("go"), ("%s: go = %s lacks its parentheses: %s(…)"):format(label, word, word))
  elseif go == nil then
    note(file, line_of(), ("%s has no go: add what happens, such as go = ring(…)"):format(label))
  elseif not plans.is(go) and type(go) ~= "function" and not mistake.is_unknown(go) then
    note(file, line_of("go"),
      ("%s: go must be a plan (ring, voicemail, …) or function(call) return … end, not %s"):format(
      label, plans.instead(go)))
  end
end

--- The plan as data. Its problems no longer have a line of their own.
local function flattened(file, line, label, plan)
  local ok, result = pcall(plans.flatten, plan, file.options)
  if ok then
    return result
  end
  note(file, line, ("%s: %s"):format(label, (tostring(result):gsub("^%S-%.lua:%d+: ", ""))))
end

local function read_rule(file, rule, position, lines)
  local before = #file.problems
  local name = rule_name(file, rule, position)
  if not name then
    return nil
  end
  local line, label = rule_line(file, rule), ('rule "%s"'):format(name)
  if lines[name] then
    note(file, line, ("%s is there twice, also on line %d"):format(label, lines[name]))
  end
  lines[name] = line
  local function line_of(key)
    return part_line(file, name, position, key, line)
  end
  local misspelt = check_fields(file, line_of, rule, label)
  check_when(file, line_of, rule.when, label)
  if rule.go ~= nil or not misspelt then check_go(file, line_of, rule.go, label) end
  local plan = plans.is(rule.go) and flattened(file, line, label, rule.go) or nil
  local wrong = #file.problems > before or mistake.is_unknown(rule.when) or nil
  return { name = name, line = line, plan = plan, always = rule.when == nil or nil, unsure = wrong }
end

---@param file RuleFile
---@param list any what the file returned
---@return RuleEntry[] problems are in file.problems
function rule_file.read(file, list)
  if mistake.is_unknown(list) then
    return {}
  elseif type(list) ~= "table" or plans.is(list) then
    local hint = list == nil and ": end it with return { … }"
      or type(list) == "function" and ': return { { "all calls", go = function(call) … end } }'
      or plans.is(list) and ': return { { "name", go = … } }' or ""
    note(file, list == nil and last_line(file) or list_line(file),
      ("the file must return a list of rules, not %s%s"):format(mistake.show(list),
      hint))
    return {}
  end
  local entries, lines, count = {}, {}, 0
  if type(list[1]) == "string" and (list.go ~= nil or list.when ~= nil) then
    note(file, list_line(file),
      'this is one rule, not a list of them: return { { "name", when = …, go = … } }')
    return {}
  end
  for key, value in pairs(list) do
    if math.type(key) == "integer" and key >= 1 then
      count = math.max(count, key)
    elseif not LIST_FIELDS[key] then
      local is_rule = type(value) == "table" and not plans.is(value) and value.go ~= nil
      note(file, list_line(file), ("the list of rules has an unknown field %s%s"):format(
        mistake.show(key), key == "rules" and ": return the list itself, return { { \"name\", go = … } }"
        or is_rule and (": a rule begins with its name, { %q, go = … }"):format(key)
        or mistake.nearest(key, LIST_FIELDS)))
    end
  end
  for i = 1, math.min(count, MOST_RULES) do
    entries[i] = read_rule(file, list[i], i, lines)
      or { name = ("rule %d"):format(i), line = list_line(file), unsure = true }
    if list[i] == nil then break end
  end
  return entries
end

--- A plain copy, as deep as examples go.
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

--- number -> the line of that example. The file is only read on demand.
local function example_line(file)
  local lines
  return function(number)
    if not lines then
      local ok, found = pcall(function() return places.examples(tokens.read(file.source)) end)
      lines = ok and found or {}
    end
    return lines[number] or list_line(file)
  end
end

--- With a misspelled field an example would test less than its author thinks.
local function check_example(file, line_of, number, example)
  if math.type(number) ~= "integer" or type(example) ~= "table" or plans.is(example) then
    note(file, line_of(number),
      ('example %s must be { from = …, at = …, expect = "voicemail" }'):format(tostring(number)))
    return
  end
  local misspelt
  for key, value in pairs(example) do
    local wanted = mistake.is_unknown(value) and "any" or EXAMPLE_FIELDS[key]
    if not wanted then
      local meant = mistake.nearest(key, EXAMPLE_FIELDS)
      misspelt = misspelt or meant:find('"expect"', 1, true)
      note(file, line_of(number), ("example %d has an unknown field %s%s"):format(
        number, mistake.show(key),
        meant ~= "" and meant or (": it takes %s"):format(mistake.names(EXAMPLE_FIELDS))))
    elseif wanted ~= "any" and type(value) ~= wanted and key ~= "expect" then
      note(file, line_of(number), ("example %d: %s must be a %s, not %s"):format(
        number, key, wanted == "string" and "text" or wanted, mistake.show(value)))
    end
  end
  misspelt = misspelt or mistake.is_unknown(example.expect)
  if type(example.expect) ~= "string" and not misspelt then
    note(file, line_of(number), ('example %d: expect is a text such as "voicemail" or "ring +13035550142", '
      .. "not %s"):format(number, mistake.show(example.expect)))
  end
end

--- Callers who get a draft before it is live. In a live file it is only checked.
---@param file RuleFile
---@param list table
---@return string[]? numbers
function rule_file.try_for(file, list)
  local wanted = list.try_for
  if wanted == nil then
    return nil
  end
  local line, numbers = list_line(file), {}
  if type(wanted) ~= "table" or plans.is(wanted) then
    note(file, line, ('try_for must be a list of numbers, { "+13035550142" }, not %s'):format(
      mistake.show(wanted)))
    return nil
  end
  for key, number in pairs(wanted) do
    if math.type(key) ~= "integer" then
      note(file, line, ("try_for must be a list, not a table with the key %s"):format(mistake.show(key)))
    elseif type(number) ~= "string" or not number:find("^%+[1-9]%d%d%d%d%d%d%d*$") or #number > 16 then
      note(file, name_line(file, number) or line,
        ("try_for: %s isn't a phone number; write it like +13035550142"):format(mistake.show(number)))
    end
    numbers[#numbers + 1] = number -- problems refuse the file
  end
  return numbers
end

---@param file RuleFile
---@param list table
---@return table[] problems are in file.problems
function rule_file.examples(file, list)
  local examples = list.examples or {}
  if type(examples) ~= "table" then
    note(file, list_line(file), "examples must be a list of { from = …, at = …, expect = … }")
    return {}
  end
  local line_of, count = example_line(file), 0
  for key, example in pairs(examples) do
    check_example(file, line_of, key, example)
    count = count + 1
  end
  if count > 0 and #examples ~= count then
    note(file, list_line(file), "the list of examples has a hole: one of them is nil")
  end
  return copied(examples, 4)
end

return rule_file
