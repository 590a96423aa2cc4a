-- phrases.lua: our own sentences (lua/phrases.lua) by language.
--
--   phrases.of("es-MX")             -> the sentences; or the English ones, and "en-US" to speak them in
--   phrases.has("es-MX")            are there any in this language?
--   phrases.filled(text, values)    "{company}" filled in

local all = require("phrases")

local phrases = {}

local ENGLISH = "en-US"

--- Every language says everything, or nobody hears it.
local function check()
  local by_tag = {}
  for tag, sentences in pairs(all) do
    for key in pairs(all.en) do
      if type(sentences[key]) ~= "string" then error(("phrases.lua: %q lacks %s"):format(tag, key), 0) end
    end
    for key in pairs(sentences) do
      if not all.en[key] then error(("phrases.lua: %q has an unknown %s"):format(tag, tostring(key)), 0) end
    end
    by_tag[tag:lower()] = sentences
  end
  return by_tag
end

local BY_TAG = check()

local function found(language)
  local tag = language:lower()
  return BY_TAG[tag] or BY_TAG[tag:match("^%a+") or ""]
end

---@param language string
---@return boolean
function phrases.has(language)
  return found(language) ~= nil
end

---@param language string? nil or "": Twilio's default, which is English
---@return table<string, string>
---@return string? language to speak them in, when that is another
function phrases.of(language)
  if not language or language == "" then
    return all.en
  end
  local sentences = found(language)
  if sentences then
    return sentences
  end
  return all.en, ENGLISH
end

---@param text string
---@param values table<string, string>?
---@return string
function phrases.filled(text, values)
  return (text:gsub("{(%a+)}", values or {}))
end

return phrases
