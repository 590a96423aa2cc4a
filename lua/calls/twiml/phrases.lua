-- phrases.lua: our own sentences (lua/phrases.lua) by language.
--
--   phrases.of("es-MX")             -> the sentences; or the English ones, and "en-US" to speak them in
--   phrases.has("es-MX")            are there any in this language?
--   phrases.filled(text, values)    "{company}" filled in

local all = require("phrases")

local phrases = {}

local NONE = {}
local ENGLISH = "en-US"
local NEEDED = "greeting not_recorded apology unknown_number thanks goodbye closed consent wrong_choice "
  .. "screen hidden_number unknown_caller colleague not_made busy no_answer failed declined"

-- Sentences that came later: files from before have them in English.
local LATER = {
  screen_pin = "Call for {company} from {caller}. Enter your PIN, then press pound.",
  wrong_pin = "That PIN is wrong. Enter your PIN, then press pound.",
}

--- Check that every language has every sentence, so that no caller hears half of one.
local function check()
  local by_tag = {}
  if type(all) ~= "table" or type(all.en) ~= "table" then
    error("phrases.lua: it must return a table with the English sentences: return { en = { … } }", 0)
  end
  for key in NEEDED:gmatch("%S+") do
    if not all.en[key] then error(('phrases.lua: "en" lacks %s'):format(key), 0) end
  end
  for key, text in pairs(LATER) do
    for _, sentences in pairs(all.en[key] and NONE or all) do
      if type(sentences) == "table" and sentences[key] == nil then sentences[key] = text end
    end
  end
  for tag, sentences in pairs(all) do
    if type(tag) ~= "string" or type(sentences) ~= "table" then
      error(("phrases.lua: a language is written es = { … }, not %s"):format(tostring(tag)), 0)
    end
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

---@param language string "es-MX"
---@return boolean
function phrases.has(language)
  return found(language) ~= nil
end

---@param language string? nil or "": Twilio's default, which is English
---@return table<string, string>
---@return string? language to speak them in, if it isn't the one asked for
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
