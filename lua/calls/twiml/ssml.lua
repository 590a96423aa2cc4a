-- ssml.lua: texts with speech markup: "<speak>Hello.<break time='1s'/>Press 1.</speak>".
--
--   ssml.read(text)       -> children of a <Say>; nil: a text without <speak>; nil, message: a wrong one
--   ssml.takes(voice)     does this voice understand it?
--   ssml.words(children)  the text alone
--
-- Only a text in <speak> has markup; every other text is escaped, whoever wrote it. Twilio
-- documents it for the voices of Amazon Polly and Google (docs/voice/twiml/say): any
-- other voice says the words alone.

local reader = require("calls.twiml.reader")
local twiml = require("calls.twiml.document")
local verbs = require("calls.twiml.verbs")

local ssml = {}

---@param voice string?
---@return boolean
function ssml.takes(voice)
  return voice ~= nil and voice ~= false and (voice:find("^Polly%.") or voice:find("^Google%.")) ~= nil
end

-- The children that a <Say> may hold, at any depth; a message if there is any other.
local function plain(node, holder, out)
  for _, child in ipairs(node.children) do
    if type(child) == "string" then
      out[#out + 1] = child
    else
      if not verbs.elements[holder].holds[child.name] then
        return ("<%s> can't be in <%s>"):format(child.name, holder == "Say" and "speak" or holder)
      end
      local inner = { name = child.name, attributes = child.attributes, children = {} }
      out[#out + 1] = inner
      local wrong = plain(child, child.name, inner.children)
      if wrong then
        return wrong
      end
    end
  end
end

---@param text string
---@return (PlainVerb|string)[]? children
---@return string? message
function ssml.read(text)
  if not text:find("^%s*<speak>") then
    return nil
  end
  local root, message = reader.parse(text:match("^%s*(.-)%s*$"))
  if not root then
    return nil, message
  elseif root.name ~= "speak" or not next(root.children) then
    return nil, "<speak> is empty"
  end
  local children = {}
  local wrong = plain(root, "Say", children)
  if wrong then
    return nil, wrong
  end
  local nodes = {}
  for i, child in ipairs(children) do
    local ok, built = pcall(function() return type(child) == "table" and twiml.node(child) or child end)
    if not ok then
      return nil, (tostring(built):gsub("^%S-:%d+: ", ""))
    end
    nodes[i] = built
  end
  return nodes
end

---@param children table[]
---@return string
function ssml.words(children)
  local words = {}
  for _, child in ipairs(children) do
    words[#words + 1] = type(child) == "table" and ssml.words(child) or tostring(child)
  end
  return (table.concat(words, " "):gsub("%s+", " "):match("^%s*(.-)%s*$"))
end

return ssml
