-- attributes.lua: the values of TwiML attributes.
--
--   attributes.wrong(kind, value)   what the value should be, or nil if it is right
--   attributes.text(value)          a value as it is written

local mistake = require("calls.mistake")

local math_type = math.type

local attributes = {}

local function word_text(value)
  if math_type(value) == "float" and value == math.floor(value) and value > -1e15 and value < 1e15 then
    return ("%d"):format(value)
  end
  return tostring(value)
end

local function finite(value)
  return math_type(value) and value == value and value ~= math.huge and value ~= -math.huge
end

--- What is wrong with one word for an attribute, or nil.
local function wrong_word(kind, value)
  if kind.kind == "number" then
    return not finite(value) and "a number" or nil
  end
  if type(value) == "boolean" then value = tostring(value) end
  if kind.values[value] then
    return nil
  end
  return "one of " .. kind.words .. mistake.nearest(value, kind.values)
end

--- What several words joined by a space must be, or nil when they are right.
local function wrong_list(kind, value)
  if type(value) == "string" and kind.values then
    local words = {}
    for word in value:gmatch("%S+") do words[#words + 1] = word end
    value = words
  elseif type(value) ~= "table" then
    value = { value }
  end
  if #value == 0 then
    return "at least one of " .. (kind.words or "the numbers")
  end
  for _, word in ipairs(value) do
    local wrong = wrong_word(kind, word)
    if wrong then
      return wrong
    end
  end
end

--- Remember a list that was right: few different ones are ever written.
local function remember(kind, text)
  kind.remembered = (kind.remembered or 0) + 1
  if kind.remembered <= 64 then kind.right[text] = true end
end

---@param kind TwimlKind
---@param value any
---@return string? expected
function attributes.wrong(kind, value)
  local name, given = kind.kind, type(value)
  if name == "string" then
    if given == "string" or given == "boolean" or finite(value) then
      return nil
    end
    return "a text"
  elseif name == "boolean" then
    return given ~= "boolean" and "true or false" or nil
  elseif name == "token" then
    if given == "string" and value:find("^[%w][%w._:%-]*$") then
      return nil
    end
    return 'a word such as "en-US"'
  elseif not kind.many then
    return wrong_word(kind, value)
  end
  local wrong = wrong_list(kind, value)
  if not wrong and given == "string" then remember(kind, value) end
  return wrong
end

---@param value string|number|boolean|table
---@return string
function attributes.text(value)
  if type(value) ~= "table" then
    return word_text(value)
  end
  local words = {}
  for i, word in ipairs(value) do words[i] = word_text(word) end
  return table.concat(words, " ")
end

return attributes
