-- places.lua: on which lines the parts of a rule file stand.
--
--   places.rules(source)    name of a rule -> its lines, one for each rule of that name
--   places.list(source)     the line of the last `return`
--   places.examples(t)      the lines of the examples, in order
--   places.part(t, name, position, key)   the line of one field of a rule, or of its brace; nil when the rule
--                           isn't written out
--   places.written(t, name, position, key)  the text of one field of a rule, and its line

local tokens = require("calls.source.tokens")

local places = {}

local NAME_BYTES = 200

--- Tables, or the arguments of a function that makes rules, begin with the name of a rule; others may begin
--- with the same text, but do not go on like one.
---@param source string
---@return table<string, integer[]>
---@return table<string, integer[]> certain only those with when or go behind the name
function places.rules(source)
  local rules, others = {}, {}
  local state, text, line = "outside", "", 1
  for kind, from, behind, at in tokens.each(source) do
    local word = source:sub(from, math.min(behind - 1, from + NAME_BYTES + 2))
    if state == "bracket" and kind == "string" and behind - from <= NAME_BYTES + 2 then
      state, text, line = "name", tokens.unquoted(word), at
    elseif state == "name" and (word == "," or word == ";") then
      state = "comma"
    else
      if state == "comma" then
        local found = (word == "when" or word == "go") and rules or others
        found[text] = found[text] or {}
        table.insert(found[text], line)
      end
      state = (word == "{" or word == "(") and "bracket" or "outside"
    end
  end
  local certain = {}
  for name, lines in pairs(rules) do certain[name] = lines end
  for name, lines in pairs(others) do rules[name] = rules[name] or lines end
  return rules, certain
end

---@param source string
---@return integer
function places.list(source)
  local t, line = tokens.read(source), 1
  for i = 1, t.count do
    if t.text[i] == "return" and t.kind[i] == "keyword" and t.inside[i] == 0 then line = t.line[i] end
  end
  return line
end

local function begins_with(t, brace, name)
  return t.text[brace] == "{" and t.pair[brace] and t.kind[brace + 1] == "string"
    and tokens.value(t, brace + 1) == name
    and (t.text[brace + 2] == "," or t.text[brace + 2] == ";" or t.text[brace + 2] == "}")
end

--- The brace of the rule at this position of the returned list.
local function listed_brace(t, position)
  local listed
  for i = 1, t.count do
    if t.text[i] == "return" and t.kind[i] == "keyword" and t.inside[i] == 0 and t.pair[i + 1] then
      listed = i + 1
    end
  end
  for _, field in ipairs(listed and t.text[listed] == "{" and tokens.fields(t, listed) or {}) do
    if field.positional and field.key == position then
      return t.text[field.first] == "{" and field.first or nil
    end
  end
end

--- The brace of a rule: at its position, or else the first that begins with its name, when rules stand in
--- variables or functions. The second value: is another one named so?
local function brace_of(t, name, position)
  local listed, first, again = listed_brace(t, position), nil, false
  if not name or listed and begins_with(t, listed, name) then
    return listed, false
  end
  for i = 1, t.count do
    if begins_with(t, i, name) then first, again = first or i, first ~= nil end
  end
  return first or listed, again
end

local function field_of(t, brace, key)
  for _, field in ipairs(brace and tokens.fields(t, brace) or {}) do
    if field.key == key then
      return field
    end
  end
end

---@param t Tokens
---@param name string?
---@param position integer of the rule in the list
---@param key any? "when", "go", or another
---@return integer? line
function places.part(t, name, position, key)
  local brace = brace_of(t, name, position)
  local field = key ~= nil and field_of(t, brace, key)
  return field and field.line or brace and t.line[brace]
end

--- The names of the parameters of every function that a token stands in.
local function parameters_around(t, i)
  local names = {}
  i = t.inside[i]
  while i ~= 0 do
    local open = i
    while t.text[i] == "function" and t.text[open] ~= "(" and open < t.count do open = open + 1 end
    if open > i then
      for k = open + 1, t.pair[open] or open do names[t.text[k]] = t.kind[k] == "name" or nil end
    end
    i = t.inside[i]
  end
  return names
end

local function uses_one_of(t, field, names)
  for i = field.first, field.last do
    local is_field = t.text[i - 1] == "." or t.text[i - 1] == ":"
    if t.kind[i] == "name" and names[t.text[i]] and not is_field then
      return true
    end
  end
  return false
end

--- What is written for a field of a rule, and on which line; nil when it isn't written, when it isn't sure
--- which rule is the one, or when a function makes the rule and the field comes from its parameters.
---@param t Tokens
---@param name string
---@param position integer
---@param key any
---@return string? text
---@return integer? line
function places.written(t, name, position, key)
  local brace, is_unsure = brace_of(t, name, position)
  local field = not is_unsure and brace and begins_with(t, brace, name) and field_of(t, brace, key)
  if field and not uses_one_of(t, field, parameters_around(t, field.first)) then
    return t.source:sub(t.from[field.first], t.last[field.last]), field.line
  end
end

---@param t Tokens
---@return integer[]
function places.examples(t)
  for i = t.count - 3, 1, -1 do
    if t.text[i] == "examples" and t.text[i + 1] == "=" and t.text[i + 2] == "{" and t.pair[i + 2] then
      local lines = {}
      for _, field in ipairs(tokens.fields(t, i + 2)) do
        if field.positional then lines[field.key] = field.line end
      end
      return lines
    end
  end
  return {}
end

return places
