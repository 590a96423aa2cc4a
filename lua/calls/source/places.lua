-- places.lua: on which lines the parts of a rule file stand.
--
--   places.rules(source)    name of a rule -> its lines, one for each rule of that name
--   places.list(source)     the line of the last `return`
--   places.examples(t)      the lines of the examples, in order
--   places.part(t, name, position, key)   the line of one field of a rule, or of its brace; nil when the rule
--                           isn't written out

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

--- The brace of the rule that has this name, or else of the one at this position of the returned list.
local function brace_of(t, name, position)
  local listed
  for i = 1, t.count do
    local text = t.text[i]
    if name and text == "{" and t.pair[i] and t.kind[i + 1] == "string" and tokens.value(t, i + 1) == name
      and (t.text[i + 2] == "," or t.text[i + 2] == ";" or t.text[i + 2] == "}") then
      return i
    elseif text == "return" and t.kind[i] == "keyword" and t.inside[i] == 0 and t.pair[i + 1] then
      listed = i + 1
    end
  end
  for _, field in ipairs(listed and t.text[listed] == "{" and tokens.fields(t, listed) or {}) do
    if field.positional and field.key == position then
      return t.text[field.first] == "{" and field.first or nil
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
  for _, field in ipairs(brace and key ~= nil and tokens.fields(t, brace) or {}) do
    if field.key == key then
      return field.line
    end
  end
  return brace and t.line[brace]
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
