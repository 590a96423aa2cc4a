-- document.lua: TwiML documents, checked while they are built, written once.
--
--   twiml.response { twiml.say { "Hello", voice = "Polly.Joanna" }, twiml.hangup() }
--   twiml.write(document)   the XML text; raises above 64 KB
--   twiml.plain(node)       the same as plain data, to be stored; twiml.node(plain) reads it back
--   twiml.reject(), twiml.conversation_relay { … }, …   one function for every element of verbs.lua
--
-- Array part = children (false is skipped), named part = attributes in Twilio's
-- own spelling. What Twilio doesn't know raises at the author's line. Only the
-- writer escapes, so a text is escaped exactly once.

local attributes = require("calls.twiml.attributes")
local mistake = require("calls.mistake")
local verbs = require("calls.twiml.verbs")
local xml = require("calls.twiml.xml")

local math_type = math.type
local escaped_text, escaped_attribute = xml.text, xml.attribute

local LIMIT = 64 * 1024

local twiml = {}

---@class TwimlNode: table its metatable names the element

-- Building ---------------------------------------------------------------------

local function check_attribute(element, name, value)
  local kind = element.attributes[name]
  if not kind then
    mistake(("<%s> has no attribute %s%s"):format(element.name, mistake.show(name),
      mistake.nearest(name, element.attributes)))
  end
  local wrong = attributes.wrong(kind, value)
  if wrong then
    mistake(("<%s %s> must be %s, not %s"):format(element.name, name, wrong, mistake.show(value)))
  end
end

local function check_child(element, child)
  local kind = type(child)
  if kind == "string" or kind == "number" then
    if not element.text then mistake(("<%s> holds no text: %s"):format(element.name, mistake.show(child))) end
    return
  end
  local meta = kind == "table" and getmetatable(child)
  local found = meta and meta.element
  if not found then
    mistake(("<%s> cannot hold %s"):format(element.name, mistake.show(child)))
  elseif not element.holds[found.name] then
    mistake(("<%s> cannot be in <%s>: it belongs in <%s>"):format(found.name, element.name,
      table.concat(verbs.inside(found.name), ">, <")))
  end
end

--- The function that makes nodes of one element. The table given becomes the node.
local function builder(element)
  local meta, known = { element = element }, element.attributes
  return function(t)
    if type(t) ~= "table" then
      t = { t }
    elseif getmetatable(t) then
      local given = getmetatable(t)
      if not given.element then mistake(("twiml: <%s> needs a plain table"):format(element.name)) end
      t = { t }
    end
    local children = 0
    for key, value in next, t do
      if type(key) == "string" then
        local kind = known[key]
        if not kind or not (kind.right[value] or kind.kind == "string" and type(value) == "string") then
          check_attribute(element, key, value)
        end
      elseif math_type(key) == "integer" then
        children = children + 1
        if value then check_child(element, value) end
      else
        mistake(("<%s> has no attribute %s"):format(element.name, mistake.show(key)))
      end
    end
    if children ~= #t then mistake(("<%s> has a child that is nil"):format(element.name)) end
    return setmetatable(t, meta)
  end
end

---@type table<string, fun(t: any): TwimlNode> by element name
local builders = setmetatable({}, {
  __index = function(made, name)
    local element = verbs.elements[name]
    made[name] = element and builder(element)
    return made[name]
  end,
})

--- The children without those left out (false).
local function children_of(node)
  local list = {}
  for i = 1, #node do
    if node[i] then list[#list + 1] = node[i] end
  end
  return list
end

-- Writing ----------------------------------------------------------------------

-- Attribute name -> ' name="'.
local OPEN = setmetatable({}, {
  __index = function(open, name)
    open[name] = " " .. name .. '="'
    return open[name]
  end,
})

local function append_attribute(out, n, name, value)
  if type(value) ~= "string" then value = attributes.text(value) end
  out[n + 1] = OPEN[name]
  out[n + 2] = escaped_attribute(value)
  out[n + 3] = '"'
  return n + 3
end

local function append(out, n, node)
  local element = getmetatable(node).element
  local name = element.name
  n = n + 1
  out[n] = "<" .. name
  local sorted = element.sorted
  for i = 1, #sorted do
    local value = node[sorted[i]]
    if value ~= nil then n = append_attribute(out, n, sorted[i], value) end
  end
  local count = #node
  if count == 0 then
    out[n + 1] = "/>"
    return n + 1
  end
  n = n + 1
  out[n] = ">"
  for i = 1, count do
    local child = node[i]
    if type(child) == "table" then
      n = append(out, n, child)
    elseif child then
      n = n + 1
      out[n] = escaped_text(attributes.text(child))
    end
  end
  out[n + 1] = "</" .. name .. ">"
  return n + 1
end

---@param document TwimlNode made by twiml.response
---@return string xml
function twiml.write(document)
  local meta = type(document) == "table" and getmetatable(document)
  if not (meta and meta.element and meta.element.name == "Response") then
    mistake("twiml.write needs what twiml.response made, not " .. mistake.show(document))
  end
  local out = { '<?xml version="1.0" encoding="UTF-8"?>' }
  append(out, 1, document)
  local text = table.concat(out)
  if #text > LIMIT then
    mistake(("this TwiML has %d bytes; Twilio takes %d at most"):format(#text, LIMIT))
  end
  return text
end

-- Plain data -------------------------------------------------------------------

---@class PlainVerb a node without metatables, to be stored or sent
---@field name string "Say"
---@field attributes table<string, string|number|boolean|table>
---@field children (PlainVerb|string|number)[]
---@field text string? the same as a first child

---@param node TwimlNode
---@return PlainVerb
function twiml.plain(node)
  local out = { name = getmetatable(node).element.name, attributes = {}, children = {} }
  for key, value in next, node do
    if type(key) == "string" then
      out.attributes[key] = type(value) == "table" and { table.unpack(value) } or value
    end
  end
  for i, child in ipairs(children_of(node)) do
    out.children[i] = type(child) == "table" and twiml.plain(child) or child
  end
  return out
end

---@param plain PlainVerb
---@return TwimlNode
function twiml.node(plain)
  local build = type(plain) == "table" and builders[plain.name]
  if not build then mistake("twiml.node: not a stored verb") end
  local t = { plain.text }
  for key, value in pairs(plain.attributes or {}) do t[key] = value end
  for _, child in ipairs(plain.children or {}) do
    t[#t + 1] = type(child) == "table" and twiml.node(child) or child
  end
  return build(t)
end

---@return string message
function twiml.no_verb(word)
  return ("twiml has no verb %s%s"):format(mistake.show(word), mistake.nearest(word, verbs.by_word))
end

return setmetatable(twiml, {
  __index = function(t, word)
    local name = verbs.by_word[word]
    if not name then mistake(twiml.no_verb(word)) end
    t[word] = builders[name]
    return t[word]
  end,
})
