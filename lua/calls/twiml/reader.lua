-- reader.lua: a TwiML document as a tree, read as strictly as Twilio reads it.
--
--   reader.parse(text)   -> root node, or nil, message, "malformed"
--   reader.text(node)    the text directly inside a node, trimmed
--   reader.elements(node)   its children that are elements
--
-- A node is { name, attributes, children }; a child is a node or a string. Only
-- well-formed UTF-8 of at most 64 KB without a DOCTYPE is read: a document that
-- Twilio would refuse has to fail in a simulation, too.

local reader = {}

local LIMIT = 64 * 1024
local DEPTH = 20
local NAME = "[%a_][%w_.:-]*"
local NAMED = { amp = "&", lt = "<", gt = ">", quot = '"', apos = "'" }

---@class XmlNode
---@field name string
---@field attributes table<string, string>
---@field children (XmlNode|string)[]

local function malformed(text, at, message)
  local _, line = text:sub(1, at - 1):gsub("\n", "")
  return nil, ("line %d: %s"):format(line + 1, message), "malformed"
end

local function is_character(point)
  return point == 9 or point == 10 or point == 13 or (point >= 0x20 and point < 0xD800)
    or (point >= 0xE000 and point < 0xFFFE) or (point >= 0x10000 and point <= 0x10FFFF)
end

local function numeric(name)
  local hex, decimal = name:match("^#x(%x+)$"), name:match("^#(%d+)$")
  local digits = hex or decimal
  if not digits or #digits > 7 then
    return nil
  end
  local point = tonumber(digits, hex and 16 or 10)
  return is_character(point) and utf8.char(point) or nil
end

--- Replace entities; nil and the name of one that is not known.
local function decoded(raw)
  if not raw:find("&", 1, true) then
    return raw
  end
  local unknown
  local out = raw:gsub("&([^;&%s]*)(;?)", function(name, semicolon)
    local value = semicolon == ";" and (NAMED[name] or numeric(name))
    unknown = unknown or not value and name or nil
    return value or nil
  end)
  if unknown then
    return nil, unknown
  end
  return out
end

local function read_attributes(text, at, source)
  local found, from = {}, 1
  while true do
    from = source:match("^%s*()", from)
    if from > #source then
      return found
    end
    local spaced = source:sub(from - 1, from - 1):find("^%s$")
    local name, quote, start = source:match("^(" .. NAME .. ")%s*=%s*([\"'])()", from)
    local stop = name and source:find(quote, start, true)
    if not stop or not spaced then
      return malformed(text, at, "an attribute is not well-formed: " .. source:sub(from, from + 20))
    end
    local value, unknown = decoded((source:sub(start, stop - 1):gsub("[\t\r\n]", " ")))
    if found[name] then
      return malformed(text, at, "the attribute " .. name .. " is there twice")
    elseif not value or source:sub(start, stop - 1):find("<", 1, true) then
      return malformed(text, at, ("the value of %s holds %s"):format(name, unknown and "&" .. unknown or "<"))
    end
    found[name], from = value, stop + 1
  end
end

-- Where a tag ends: a ">" may be in a quoted value.
local function tag_end(text, from)
  local at = from
  while true do
    local stop, _, char = text:find("([\"'>])", at)
    if not stop or char == ">" then
      return stop
    end
    at = (text:find(char, stop + 1, true) or #text) + 1
  end
end

local function open_tag(state, text, at)
  local name, after = text:match("^<(" .. NAME .. ")()", at)
  local stop = name and tag_end(text, after)
  if not stop then
    return malformed(text, at, "a tag is not well-formed")
  end
  local empty = text:sub(stop - 1, stop - 1) == "/"
  local inner = text:sub(after, stop - (empty and 2 or 1))
  if inner ~= "" and not inner:find("^%s") then
    return malformed(text, at, "a tag is not well-formed")
  end
  local attributes, message, code = read_attributes(text, at, " " .. inner)
  if not attributes then
    return nil, message, code
  end
  local node, parent = { name = name, attributes = attributes, children = {} }, state[#state]
  if parent then
    parent.children[#parent.children + 1] = node
  elseif state.root then
    return malformed(text, at, "there is more than one root element")
  end
  state.root = state.root or node
  if not empty then
    state[#state + 1] = node
  end
  if #state > DEPTH then
    return malformed(text, at, "elements are nested too deeply")
  end
  return stop + 1
end

local function close_tag(state, text, at)
  local name, after = text:match("^</(" .. NAME .. ")%s*>()", at)
  local node = table.remove(state)
  if not name or not node or node.name ~= name then
    return malformed(text, at, node and ("<%s> is not closed"):format(node.name) or "a tag closes nothing")
  end
  return after
end

local function add_text(state, text, at, data)
  local node = state[#state]
  if node then
    node.children[#node.children + 1] = data
  elseif data:find("%S") then
    return malformed(text, at, "there is text outside the root element")
  end
  return true
end

local function markup(state, text, at)
  if text:sub(at, at + 3) == "<!--" then
    local stop = text:find("--", at + 4, true)
    if not stop or text:sub(stop + 2, stop + 2) ~= ">" then
      return malformed(text, at, "a comment is not well-formed")
    end
    return stop + 3
  elseif text:sub(at, at + 8) == "<![CDATA[" then
    local stop = text:find("]]>", at + 9, true)
    if not stop or #state == 0 then
      return malformed(text, at, "a CDATA section is not well-formed")
    end
    add_text(state, text, at, text:sub(at + 9, stop - 1))
    return stop + 3
  elseif text:sub(at, at + 1) == "</" then
    return close_tag(state, text, at)
  end
  return open_tag(state, text, at)
end

-- The text up to the next tag.
local function characters(state, text, at, stop)
  if stop < at then
    return true
  end
  local data, unknown = decoded(text:sub(at, stop))
  if not data then
    return malformed(text, at, "unknown entity &" .. unknown)
  end
  return add_text(state, text, at, (data:gsub("\r\n?", "\n")))
end

local function check_bytes(text)
  if #text > LIMIT then
    return malformed(text, 1, ("the document has %d bytes; 65536 are the limit"):format(#text))
  end
  local length, bad = utf8.len(text)
  if not length then
    return malformed(text, bad, "the document is not UTF-8")
  end
  bad = text:find("[%z\1-\8\11\12\14-\31]")
  if bad then
    return malformed(text, bad, "the document holds a control character")
  end
  return true
end

---@param text string
---@return XmlNode? root
---@return string? message
---@return "malformed"? code
function reader.parse(text)
  local ok, message, code = check_bytes(text)
  if not ok then
    return nil, message, code
  end
  local at = text:match("^\u{FEFF}()") or 1
  at = text:match("^<%?xml%s[^<>]-%?>()", at) or at
  local state = {}
  while at <= #text do
    local tag = text:find("<", at, true)
    ok, message, code = characters(state, text, at, (tag or #text + 1) - 1)
    if ok and tag then
      at, message, code = markup(state, text, tag)
    end
    if not ok or not at then
      return nil, message, code
    elseif not tag then
      break
    end
  end
  if #state > 0 or not state.root then
    return malformed(text, #text, #state > 0 and ("<%s> is not closed"):format(state[#state].name)
      or "no element found")
  end
  return state.root
end

---@param node XmlNode
---@return string
function reader.text(node)
  local parts = {}
  for _, child in ipairs(node.children) do
    if type(child) == "string" then
      parts[#parts + 1] = child
    end
  end
  return (table.concat(parts):match("^%s*(.-)%s*$"))
end

---@param node XmlNode
---@return XmlNode[]
function reader.elements(node)
  local list = {}
  for _, child in ipairs(node.children) do
    if type(child) == "table" then
      list[#list + 1] = child
    end
  end
  return list
end

return reader
