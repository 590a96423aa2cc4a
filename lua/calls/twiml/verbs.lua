-- verbs.lua: the elements of TwiML for voice, ready for the builder and the writer.
--
--   verbs.elements[name]   TwimlElement, or nil; made on first use, since most calls need
--                          few of the 59 and every VM has its own
--   verbs.by_word          snake_case word ("conversation_relay") -> element name
--   verbs.inside(name)     names of the elements that may hold it
--   verbs.describe()       all of it as plain data

local catalogue = require("calls.twiml.catalogue")
local set = require("calls.word_set")

local WORDS, ROWS = catalogue.words, catalogue.rows

---@class TwimlKind what the values of an attribute may be; attributes of one kind share it
---@field kind "string"|"boolean"|"number"|"token"|"words"
---@field many boolean several values allowed, joined by a space
---@field values table<string, boolean>? the words, when kind is "words"
---@field words string? the same as text, for messages
---@field right table<any, boolean> values known to be right without another look

---@class TwimlElement
---@field name string
---@field text boolean may hold text
---@field holds table<string, boolean> names of elements it may hold
---@field attributes table<string, TwimlKind> by name
---@field sorted string[] names of its attributes in byte order

local KINDS = {}

--- The kind that a spec such as "*progress", "boolean" or "" names.
---@return TwimlKind
local function kind_of(spec)
  if KINDS[spec] then
    return KINDS[spec]
  end
  local many, name = spec:match("^(%*?)(.*)$")
  local out = { kind = name == "" and "string" or name, many = many == "*", right = {} }
  if WORDS[name] then
    out.kind, out.values, out.words = "words", set(WORDS[name]), WORDS[name]
    -- attributes.lua adds whole lists to `right`, so it is a copy; `values` has the words alone.
    out.right = out.many and set(WORDS[name]) or out.values
  elseif name == "boolean" then
    out.right = { [true] = true, [false] = true }
  end
  KINDS[spec] = out
  return out
end

---@return TwimlElement
local function element(row)
  local out = { name = row[1], text = row[2] == "text", holds = set(row[3]) }
  out.attributes, out.sorted = {}, {}
  for name, spec in row[4]:gmatch("([^%s=]+)=?(%S*)") do
    out.attributes[name] = kind_of(spec)
    out.sorted[#out.sorted + 1] = name
  end
  table.sort(out.sorted)
  return out
end

--- ConversationRelay -> conversation_relay, say-as -> say_as.
local function snake(name)
  return (name:gsub("-", "_"):gsub("(%l)(%u)", "%1_%2"):lower())
end

local verbs = { by_word = {} }
local rows = {}
for _, row in ipairs(ROWS) do
  rows[row[1]] = row
  verbs.by_word[snake(row[1])] = row[1]
end
-- `break` is a word of Lua itself, so twiml.break_ writes it as well.
verbs.by_word.break_ = "break"

---@type table<string, TwimlElement>
verbs.elements = setmetatable({}, {
  __index = function(elements, name)
    local row = rows[name]
    if not row then
      return nil
    end
    elements[name] = element(row)
    return elements[name]
  end,
})

---@param name string
---@return string[]
function verbs.inside(name)
  local found = {}
  for _, row in ipairs(ROWS) do
    if set(row[3])[name] then found[#found + 1] = row[1] end
  end
  return found
end

--- All elements as plain data: element name -> { text, children, attributes }.
---@return table
function verbs.describe()
  local out = {}
  for name in pairs(rows) do
    local found = verbs.elements[name]
    local attributes, children = {}, {}
    for attribute, kind in pairs(found.attributes) do
      local words = kind.words or kind.kind == "token" and "en-US de-DE" or nil
      local list
      if words then
        list = {}
        for word in words:gmatch("%S+") do list[#list + 1] = word end
      end
      attributes[attribute] = { kind = kind.kind, list = kind.many, values = list }
    end
    for child in pairs(found.holds) do children[#children + 1] = child end
    table.sort(children)
    out[name] = { text = found.text, children = children, attributes = attributes }
  end
  return out
end

return verbs
