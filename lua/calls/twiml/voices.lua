-- voices.lua: the voices and languages that a <Say> may have.
--
--   voices.wrong(voice)      what is wrong with a voice, and how it is written; nil: it may be one
--   voices.unlisted(voice)   the same of what looks like a voice, but isn't in the list
--   voices.language(code)    the same of a language
--   voices.spoken(voice)     the language that a voice speaks; nil: any, or nobody knows
--   voices.apart(voice, code)  what is wrong with a voice beside a language
--
-- With a voice or a language that Twilio doesn't have, callers may hear nothing. The lists grow at Twilio, so
-- what isn't in ours is only doubted.

local mistake = require("calls.mistake")

local voices = {}

local PLAIN = { man = true, woman = true, alice = true }
local MEANT = { male = "man", female = "woman" }

-- Of Amazon Polly, without "-Neural" and "-Generative", by the one language that each speaks
-- (twilio.com/docs/voice/twiml/say/text-speech, "Available voices and languages").
local SPEAK = {
  ["ar-AE"] = "Hala Zayd", ["arb"] = "Zeina", ["ca-ES"] = "Arlet", ["cmn-CN"] = "Zhiyu",
  ["cy-GB"] = "Gwyneth",
  ["da-DK"] = "Mads Naja Sofie", ["de-AT"] = "Hannah", ["de-DE"] = "Daniel Hans Marlene Vicki",
  ["en-AU"] = "Nicole Olivia Russell", ["en-GB"] = "Amy Arthur Brian Emma", ["en-GB-WLS"] = "Geraint",
  ["en-IE"] = "Niamh", ["en-IN"] = "Aditi Kajal Raveena", ["en-NZ"] = "Aria",
  ["en-US"] = "Danielle Gregory Ivy Joanna Joey Justin Kendra Kevin Kimberly Matthew Ruth Salli Stephen",
  ["en-ZA"] = "Ayanda", ["es-ES"] = "Conchita Enrique Lucia Sergio", ["es-MX"] = "Andres Mia",
  ["es-US"] = "Lupe Miguel Pedro Penelope", ["fi-FI"] = "Suvi", ["fr-BE"] = "Isabelle",
  ["fr-CA"] = "Chantal Gabrielle Liam", ["fr-FR"] = "Celine Lea Mathieu Remi", ["is-IS"] = "Dora Karl",
  ["it-IT"] = "Adriano Bianca Carla Giorgio", ["ja-JP"] = "Kazuha Mizuki Takumi Tomoko",
  ["ko-KR"] = "Seoyeon", ["nb-NO"] = "Ida Liv", ["nl-BE"] = "Lisa", ["nl-NL"] = "Laura Lotte Ruben",
  ["pl-PL"] = "Ewa Jacek Jan Maja Ola", ["pt-BR"] = "Camila Ricardo Thiago Vitoria",
  ["pt-PT"] = "Cristiano Ines", ["ro-RO"] = "Carmen", ["ru-RU"] = "Maxim Tatyana", ["sv-SE"] = "Astrid Elin",
  ["tr-TR"] = "Burcu Filiz", ["yue-CN"] = "Hiujin",
}

local LANGUAGES = "af-ZA am-ET ar-AE ar-XA arb bg-BG bn-IN ca-ES cmn-CN cmn-TW cs-CZ cy-GB da-DK de-AT "
  .. "de-DE el-GR en-AU en-CA en-GB en-GB-WLS en-IE en-IN en-NZ en-US en-ZA es-ES es-MX "
  .. "es-US fi-FI fil-PH fr-CA fr-FR fr-BE gu-IN he-IL hi-IN hu-HU id-ID is-IS it-IT ja-JP "
  .. "kn-IN ko-KR lv-LV ml-IN mr-IN ms-MY nb-NO nl-BE nl-NL pa-IN pl-PL pt-BR pt-PT ro-RO "
  .. "ru-RU sk-SK sr-RS sv-SE ta-IN te-IN th-TH tr-TR uk-UA vi-VN yue-HK zh-CN zh-HK zh-TW"

local KNOWN, BY_FOLDED = {}, {} -- name -> its language; the name in small letters -> the name
for language, names in pairs(SPEAK) do
  for name in names:gmatch("%S+") do KNOWN[name], BY_FOLDED[name:lower()] = language, name end
end

local function spelled(engine)
  return engine == "" and "" or "-" .. engine:sub(1, 1):upper() .. engine:sub(2):lower()
end

--- The name in the list: "Lupe" for "lupe", "Lea" for "Léa".
local function name_of(word)
  local pattern = "^" .. word:gsub("[\xC2-\xF4][\x80-\xBF]*", ".") .. "$"
  for folded, name in pairs(BY_FOLDED) do
    if folded:find(pattern) then
      return name
    end
  end
end

--- How the voice is written that is meant: Polly.Lupe-Neural for "lupe neural", Google.es-US-Neural2-A for
--- "es-US-Neural2-A". Nil when nobody can tell.
local function meant(voice)
  local language, country, rest = voice:match("^%s*%a*[%s.:_/-]*%f[%a](%a%a%a?)[-_](%a%a)[-_](%a[%w-]+)%s*$")
  if language then
    return ("Google.%s-%s-%s"):format(language:lower(), country:upper(), rest)
  end
  local plain = voice:lower():match("^%s*(.-)%s*$")
  plain = plain:gsub("^amazon%A+", ""):gsub("^aws%A+", ""):gsub("^polly%A+", "")
  local name, engine = plain:match("^([%a\128-\255]+)[%s._-]*(%a*)$")
  name = name and name_of(name)
  if name then
    return "Polly." .. name .. spelled(engine)
  end
  return MEANT[plain] or PLAIN[plain] and plain or nil
end

---@param voice any
---@return string? message "…: write …"
function voices.wrong(voice)
  if type(voice) == "string" and (PLAIN[voice] or voice:find("^Polly%.%u%l+$")
    or voice:find("^Polly%.%u%l+%-%u[%a-]*%l$") or voice:find("^Google%.%l%l%l?%-%a%a%-%a[%w-]+$")) then
    return nil
  end
  local right = type(voice) == "string" and meant(voice)
  return ("Twilio has no voice %s: %s"):format(mistake.show(voice), right and ("write %q"):format(right)
    or 'use "man", "woman" or one with its provider, such as "Polly.Joanna" or "Google.en-GB-Standard-A"')
end

---@param voice string
---@return string? message
function voices.unlisted(voice)
  local name, engine = voice:match("^Polly%.(%a+)%-?(%a*)$")
  if not name or KNOWN[name] then
    return nil
  end
  local near = mistake.nearest(name, KNOWN):match('"(.-)"')
  return ("%s isn't a known voice of Twilio's, and callers might hear nothing%s"):format(
    mistake.show(voice), near and (' (did you mean "Polly.%s"?)'):format(near .. spelled(engine)) or "")
end

---@param voice any
---@return string? language
function voices.spoken(voice)
  if type(voice) ~= "string" then
    return nil
  end
  return KNOWN[voice:match("^Polly%.(%a+)")] or voice:match("^Google%.(%l+%-%u%u)%-")
end

local BOTH = { Aditi = "hi", Kajal = "hi" } -- and English

--- Twilio may fail a <Say> whose voice doesn't speak its language (twilio.com/docs/voice/twiml/say).
---@param voice string
---@param code string a language's code
---@return string? message
function voices.apart(voice, code)
  local own, wanted = voices.spoken(voice), code:lower():match("^%a+")
  if not own or own:match("^%a+") == wanted or BOTH[voice:match("^Polly%.(%a+)")] == wanted then
    return nil
  end
  return ("%s speaks %s, so callers might hear nothing: leave language out, or use another voice"):format(
    mistake.show(voice), own)
end

--- Those of the same language, or else of the same country: "en-AU, en-CA or en-GB".
local function like(code)
  local language, country = code:match("^(%a+)%-?(%a*)")
  local same, there, place = {}, {}, (country ~= "" and country or language):upper()
  for each in LANGUAGES:gmatch("%S+") do
    if each:match("^%a+") == language:lower() then same[#same + 1] = each end
    if each:match("%-(%a+)$") == place then there[#there + 1] = each end
  end
  local list = #same > 0 and same or there
  local last = table.remove(list)
  return #list > 0 and table.concat(list, ", ") .. " or " .. last or last
end

---@param code string a language's code
---@return string? message
function voices.language(code)
  local wanted = code:lower()
  for each in LANGUAGES:lower():gmatch("%S+") do
    if each == wanted or each:match("^%a+") == wanted then
      return nil
    end
  end
  local known = like(code)
  return ("%s isn't a known language of Twilio's, and callers might hear nothing%s"):format(
    mistake.show(code), known and ": write " .. known or "")
end

return voices
