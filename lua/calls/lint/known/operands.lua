-- operands.lua: what stands on either side of a word or mark in a rule file.
--
--   operands.start(t, i)              the first token of the operand that ends at token i
--   operands.last(t, i)               the last token of the operand that begins at token i
--   operands.always_there(reader, i)  a value that is always there, and its last token
--   operands.goes_on(t, last)         does an expression go on behind a token?
--   operands.written(t, first, last)  the text of some tokens

local tokens = require("calls.source.tokens")

local operands = {}

-- What binds tighter than `or`, or goes on with a name.
local GOES_ON = { ["=="] = true, ["~="] = true, ["<"] = true, [">"] = true, ["<="] = true, [">="] = true,
  [".."] = true,
  ["+"] = true, ["-"] = true, ["*"] = true, ["/"] = true, ["//"] = true, ["%"] = true, ["^"] = true,
  ["&"] = true, ["|"] = true, ["~"] = true, ["<<"] = true, [">>"] = true, ["("] = true,
  ["{"] = true, [":"] = true, ["."] = true, ["["] = true }

function operands.written(t, first, last)
  return t.source:sub(t.from[first], t.last[last])
end

--- The first token of the operand that ends at token i.
function operands.start(t, i)
  while true do
    local opened = t.pair[i]
    if opened and opened < i then i = opened - 1 end
    if t.kind[i] ~= "name" and t.kind[i] ~= "string" and t.kind[i] ~= "number" then
      return i + 1
    end
    local before = t.text[i - 1]
    if t.kind[i] ~= "name" or (before ~= "." and before ~= ":") then
      return i
    end
    i = i - 2
  end
end

--- A value that is always there: a text, a number, a name of one, a table or function; and its last token.
function operands.always_there(reader, i)
  local t = reader.t
  local kind = t.kind[i]
  if kind == "string" or kind == "number" then
    return { kind = kind, value = tokens.value(t, i) }, i
  end
  local value, last = reader.known:value(i)
  if value and value.kind ~= "nil" and value.kind ~= "absent" then
    return value, last
  end
end

function operands.goes_on(t, last)
  return t.kind[last + 1] == "string" or (t.kind[last + 1] == "op" and GOES_ON[t.text[last + 1]])
end

--- The last token of the operand that begins at token i.
function operands.last(t, i)
  if t.text[i] == "{" and t.pair[i] then
    return t.pair[i]
  end
  local _, last = tokens.chain(t, i)
  return last
end

--- Does the line of token i ask for nil, too? x == nil or x == ""
---@param t Tokens
---@param i integer
---@return boolean
function operands.asks_for_nil(t, i)
  local line, first, last = t.line[i], i, i
  while t.line[first - 1] == line do first = first - 1 end
  while t.line[last + 1] == line do last = last + 1 end
  for k = first, last do
    if t.kind[k] == "keyword" and (t.text[k] == "nil" or t.text[k] == "not") then
      return true
    end
  end
  return false
end

return operands
