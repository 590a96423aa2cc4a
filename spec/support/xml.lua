-- xml.lua: a small, strict XML reader for specs.
--
--   xml.parse(text) -> { name, attributes, children }, or raises where the text is not well-formed
--
-- Knows what our writer may use and nothing else: one declaration, elements,
-- attributes in double quotes, text, five named entities and numeric ones.
local xml = {}

local NAMED = { amp = "&", lt = "<", gt = ">", quot = '"', apos = "'" }

local function fail(text, at, message)
  error(("%s at %d: %s"):format(message, at, text:sub(at, at + 40)), 0)
end

local function legal(point)
  return point == 9 or point == 10 or point == 13 or (point >= 32 and point < 0xFFFE)
    or (point > 0xFFFF and point <= 0x10FFFF)
end

local function decoded(raw, text, at)
  if raw:find("[<\r]") then fail(text, at, "raw < or CR") end
  local out = raw:gsub("&([^;&]*);?", function(name)
    local hex = name:match("^#x(%x+)$")
    local value = NAMED[name] or hex and utf8.char(tonumber(hex, 16))
    if not value then fail(text, at, "unknown entity &" .. name) end
    return value
  end)
  if not utf8.len(out) then fail(text, at, "not UTF-8") end
  for _, point in utf8.codes(out) do
    if not legal(point) then fail(text, at, "illegal character") end
  end
  return out
end

local function attributes(source, text, at)
  local found, from = {}, 1
  while from <= #source do
    local name, value, stop = source:match('^ ([%w:_-]+)="([^"]*)"()', from)
    if not name then fail(text, at, "bad attribute " .. source:sub(from)) end
    if found[name] then fail(text, at, "attribute twice: " .. name) end
    if value:find("[\t\n]") then fail(text, at, "raw white space in " .. name) end
    found[name], from = decoded(value, text, at), stop
  end
  return found
end

local function element(text, from)
  local name, stop = text:match("^<([%a][%w-]*)()", from)
  if not name then fail(text, from, "no element") end
  -- A ">" may be in a value, so the end of the tag is searched outside quotes.
  local close, quoted = stop, false
  while quoted or text:sub(close, close) ~= ">" do
    if close > #text then fail(text, from, "open tag") end
    if text:sub(close, close) == '"' then quoted = not quoted end
    close = close + 1
  end
  local empty = text:sub(close - 1, close - 1) == "/"
  local inner = text:sub(stop, close - (empty and 2 or 1))
  local node = { name = name, attributes = attributes(inner, text, from), children = {} }
  local at = close + 1
  if empty then return node, at end
  while true do
    local data, next_at = text:match("^([^<]*)()", at)
    if data ~= "" then node.children[#node.children + 1] = decoded(data, text, at) end
    at = next_at
    local closing, after = text:match("^</([%w-]+)>()", at)
    if closing then
      if closing ~= name then fail(text, at, "closes " .. closing .. ", not " .. name) end
      return node, after
    end
    node.children[#node.children + 1], at = element(text, at)
  end
end

---@param text string
---@return table root
function xml.parse(text)
  local declaration = '<?xml version="1.0" encoding="UTF-8"?>'
  if text:sub(1, #declaration) ~= declaration then fail(text, 1, "no declaration") end
  local root, stop = element(text, #declaration + 1)
  if stop ~= #text + 1 then fail(text, stop, "something follows the root") end
  return root
end

--- The names of a tree, without texts and values: "Response(Say Dial(Number))".
---@param node table
---@return string
function xml.shape(node)
  local inner = {}
  for _, child in ipairs(node.children) do
    if type(child) == "table" then inner[#inner + 1] = xml.shape(child) end
  end
  return #inner > 0 and ("%s(%s)"):format(node.name, table.concat(inner, " ")) or node.name
end

return xml
