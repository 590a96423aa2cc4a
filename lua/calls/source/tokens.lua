-- tokens.lua: a Lua source as tokens, with their lines and the brackets that belong together.
--
--   tokens.read(source)      -> Tokens; never raises, whatever the text is
--   tokens.each(source)      goes through them without keeping them (scan.lua)
--   tokens.again(t)          the same of tokens that were kept
--   tokens.value(t, i)       what a string or number token stands for, or nil
--   tokens.fields(t, brace)  the fields of a table constructor
--   tokens.arguments(t, i)   the arguments of a call whose name ends at token i, or nil
--   tokens.touch(t, i)       does the token after it follow at once?
--   tokens.chain(t, i)       the dotted name that begins at token i: "call.caller.name", and its last token
--
-- The one reader of rule sources: lines, repeated keys, numbers and names are
-- all found here, so that comments and long strings are right everywhere.

local scan = require("calls.source.scan")

local tokens = {}

local sub = string.sub

---@class Tokens parallel lists; the last token is of kind "eof"
---@field source string
---@field count integer
---@field kind string[] "name", "keyword", "string", "number", "op", "bad" (no Lua begins so), "eof"
---@field text string[] as written
---@field from integer[] its first byte
---@field last integer[] its last byte
---@field line integer[]
---@field inside integer[] the bracket or block that it stands in, 0 for none
---@field pair table<integer, integer> opening token -> closing one, and back

---@class TableField
---@field key any the literal key, the position of a positional field; nil when it is computed
---@field positional boolean
---@field first integer first token of the value
---@field last integer last token of the value; before `first` when there is none
---@field start integer first token of the field
---@field line integer

local OPENS = { ["("] = ")", ["["] = "]", ["{"] = "}", ["function"] = "end", ["if"] = "end", ["do"] = "end",
  ["repeat"] = "until" }
local CLOSES = { [")"] = true, ["]"] = true, ["}"] = true, ["end"] = true, ["until"] = true }

tokens.each = scan.each

local function add(t, kind, text, at, behind, line)
  local i = t.count + 1
  t.count, t.kind[i], t.text[i], t.from[i], t.last[i], t.line[i] = i, kind, text, at, behind - 1, line
  return i
end

--- Which bracket or block each token stands in.
local function nest(t, stack, i)
  local text, kind = t.text[i], t.kind[i]
  local code = kind == "op" or kind == "keyword"
  if code and CLOSES[text] then
    local depth = #stack
    while depth > 0 and OPENS[t.text[stack[depth]]] ~= text do depth = depth - 1 end
    if depth > 0 then
      t.pair[stack[depth]], t.pair[i] = i, stack[depth]
      for above = #stack, depth, -1 do stack[above] = nil end
    end
  end
  t.inside[i] = stack[#stack] or 0
  if code and OPENS[text] then stack[#stack + 1] = i end
end

---@param source string
---@return Tokens
function tokens.read(source)
  local t = { source = source, count = 0, kind = {}, text = {}, from = {}, last = {}, line = {}, inside = {},
    pair = {} }
  local stack = {}
  for kind, at, behind, line in scan.each(source) do
    nest(t, stack, add(t, kind, sub(source, at, behind - 1), at, behind, line))
  end
  local line = t.count > 0 and t.line[t.count] or 1
  for _ in sub(source, t.count > 0 and t.from[t.count] or 1):gmatch("\n") do line = line + 1 end
  nest(t, stack, add(t, "eof", "", #source + 1, #source + 2, line))
  return t
end

--- The same as each of the text that they were read from.
---@param t Tokens
---@return fun(): string?, integer, integer, integer
function tokens.again(t)
  local i = 0
  return function()
    i = i + 1
    if i < t.count then
      return t.kind[i], t.from[i], t.last[i] + 1, t.line[i]
    end
  end
end

local ESCAPES = { n = "\n", t = "\t", r = "\r", a = "\a", b = "\b", f = "\f", v = "\v", ["\n"] = "\n" }

--- What a string token stands for.
---@param text string as written, with its quotes
---@return string
function tokens.unquoted(text)
  local level = text:match("^%[(=*)%[")
  if level then
    return (text:sub(#level + 3, -#level - 3):gsub("^\r?\n", ""))
  end
  local inner = text:sub(2, -2)
  if not inner:find("\\", 1, true) then
    return inner
  end
  return (inner:gsub("\\(.)(%d?%d?)", function(mark, more)
    if mark:find("%d") then
      local code = tonumber(mark .. more)
      return code and code < 256 and string.char(code) or ""
    end
    return (ESCAPES[mark] or mark) .. more
  end))
end

--- What a string or number token stands for.
---@param t Tokens
---@param i integer
---@return string|number|nil
function tokens.value(t, i)
  if t.kind[i] == "number" then
    return tonumber(t.text[i])
  end
  return t.kind[i] == "string" and tokens.unquoted(t.text[i]) or nil
end

--- One field that ends before token `stop`.
local function field(t, start, stop, position)
  local f = { start = start, first = start, last = stop - 1, line = t.line[start], positional = true }
  local closed = t.text[start] == "[" and t.kind[start] == "op" and t.pair[start]
  if t.kind[start] == "name" and t.text[start + 1] == "=" and start + 1 < stop then
    f.key, f.first, f.positional = t.text[start], start + 2, false
  elseif closed and t.text[closed + 1] == "=" and closed + 1 < stop then
    f.first, f.positional = closed + 2, false
    if closed == start + 2 then f.key = tokens.value(t, start + 1) end
  else
    f.key = position
  end
  return f
end

--- Parts between commas (and semicolons) inside a bracket: { first, last token }.
local function parts(t, open)
  local list, start, close = {}, open + 1, t.pair[open] or t.count
  local i = start
  while i <= close do
    local text = t.text[i]
    if i == close or (t.kind[i] == "op" and (text == "," or text == ";")) then
      if i > start then list[#list + 1] = { start, i } end
      start = i + 1
    elseif OPENS[text] and t.kind[i] ~= "string" and t.pair[i] then
      i = t.pair[i]
    end
    i = i + 1
  end
  return list
end

---@param t Tokens
---@param brace integer
---@return TableField[]
function tokens.fields(t, brace)
  local list, position = {}, 0
  for _, part in ipairs(parts(t, brace)) do
    local f = field(t, part[1], part[2], position + 1)
    if f.positional then position = position + 1 end
    list[#list + 1] = f
  end
  return list
end

---@param t Tokens
---@param i integer last token of the function's name
---@return { first: integer, last: integer }[]?
function tokens.arguments(t, i)
  local open = i + 1
  if t.kind[open] == "string" then
    return { { first = open, last = open } }
  elseif t.kind[open] ~= "op" or not t.pair[open] then
    return nil
  elseif t.text[open] == "{" then
    return { { first = open, last = t.pair[open] } }
  elseif t.text[open] ~= "(" then
    return nil
  end
  local list = {}
  for _, part in ipairs(parts(t, open)) do
    list[#list + 1] = { first = part[1], last = part[2] - 1 }
  end
  return list
end

---@param t Tokens
---@param i integer
---@return boolean
function tokens.touch(t, i)
  return t.last[i] + 1 == t.from[i + 1] and t.line[i] == t.line[i + 1]
end

---@param t Tokens
---@param i integer a name
---@return string? "call.caller.name"
---@return integer last its last token
function tokens.chain(t, i)
  if t.kind[i] ~= "name" then
    return nil, i
  end
  local words = t.text[i]
  while true do
    if t.text[i + 1] == "." and t.kind[i + 2] == "name" then
      words, i = words .. "." .. t.text[i + 2], i + 2
    elseif t.text[i + 1] == "[" and t.kind[i + 2] == "string" and t.pair[i + 1] == i + 3
      and t.kind[i + 1] == "op" then
      words, i = words .. "." .. tostring(tokens.value(t, i + 2)), i + 3
    else
      return words, i
    end
  end
end

return tokens
