-- places.lua: on which lines the parts of a rule file stand.
--
--   places.rules(source)    name of a rule -> its lines, one for each rule of that name
--   places.list(source)     the line of the last `return`
--   places.examples(t)      the lines of the examples, in order

local tokens = require("calls.source.tokens")

local places = {}

local NAME_BYTES = 200

--- Tables begin with the name of a rule; other lists may begin with the same text, but do not go on like one.
---@param source string
---@return table<string, integer[]>
function places.rules(source)
  local rules, others = {}, {}
  local state, text, line = "outside", "", 1
  for kind, from, behind, at in tokens.each(source) do
    local word = source:sub(from, math.min(behind - 1, from + NAME_BYTES + 2))
    if state == "brace" and kind == "string" and behind - from <= NAME_BYTES + 2 then
      state, text, line = "name", tokens.unquoted(word), at
    elseif state == "name" and (word == "," or word == ";") then
      state = "comma"
    else
      if state == "comma" then
        local found = (word == "when" or word == "go") and rules or others
        found[text] = found[text] or {}
        table.insert(found[text], line)
      end
      state = word == "{" and "brace" or "outside"
    end
  end
  for name, lines in pairs(others) do rules[name] = rules[name] or lines end
  return rules
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
