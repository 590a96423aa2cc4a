-- words.lua: the words of a rule file.
--
--   words.environment(options)   -> { ring, user, voicemail, say, play, reject, hangup, menu, twiml,
--                                     hours, rota, contacts, phone, person, group, open, greeting, oncall }
--
-- Each plan word returns a Plan (plan.lua). Mistakes raise at the author's line,
-- at load for plans written out, in the call for plans made by a function.

local address = require("calls.plans.address")
local arguments = require("calls.rules.arguments")
local contacts = require("calls.rules.contacts")
local hours = require("calls.hours.hours")
local interned = require("calls.plans.interned")
local mistake = require("calls.mistake")
local plan = require("calls.plans.plan")
local raw_twiml = require("calls.rules.raw_twiml")
local ring_word = require("calls.rules.ring_word")
local rota = require("calls.hours.rota")
local targets = require("calls.plans.targets")
local team = require("calls.team.team")
local team_words = require("calls.team.words")
local written_number = require("calls.parties.written_number")
local xml = require("calls.twiml.xml")

local LONGEST_TEXT = 4000

---@class WordOptions
---@field data (fun(name: string): string?)? text of a data file of the bundle
---@field policy PolicyContext? checked by ring
---@field country string? of numbers written without one
---@field team Team? what people.txt, groups.txt, hours.txt and oncall.txt say

local words = {}

local require = require

--- Few rule files name a language, so the sentences are read when one does.
local function phrases()
  return require("calls.twiml.phrases")
end

--- A text that can be stored and said, also when a rule has cut a character in two.
local function text_of(word, value, what)
  if type(value) == "table" and not plan.is(value) and type(value[1]) == "string" then
    mistake(("%s: options come behind the text, in a table of their own: %s(%s, { language = … })"):format(
      word, word, mistake.show(value[1])))
  elseif type(value) ~= "string" or not value:match("%S") then
    mistake(("%s needs %s, not %s"):format(word, what, mistake.show(value)))
  elseif #value > LONGEST_TEXT then
    mistake(("%s: a text has at most %d bytes"):format(word, LONGEST_TEXT))
  end
  return utf8.len(value) and value or xml.repaired(value)
end

--- A text that is said, or the address of a recording.
local function spoken(word, value, what)
  local text, message = address.read(text_of(word, value, what))
  return text or mistake(("%s: %s %s"):format(word, mistake.show(value), message))
end

local SPEAKS = { voice = true, language = true }

local SPEAKS_OURS = { voicemail = true, menu = true } -- say texts of phrases.lua, too

--- The language of a step that speaks. What we say beside its text has to be there in it.
local function language_of(word, text, options)
  if text and (options.language or text:find("^%s*<speak>")) then
    raw_twiml.check_say(word, text, options)
  end
  local language = options.language
  if language ~= nil and not tostring(language):find("^%a%a%a?%f[^%w][%w-]*$") then
    mistake(('%s: %s isn\'t the code of a language, such as "es-MX"'):format(word, mistake.show(language)))
  elseif language ~= nil and SPEAKS_OURS[word] and not phrases().has(language) then
    mistake(("%s: phrases.lua has no sentences in %s: add some there, from those of another language")
      :format(word, mistake.show(language)))
  end
  return language
end

local function voice_of(word, options)
  if options.voice ~= nil then raw_twiml.check_voice(word, options.voice) end
  return options.voice
end

-- What voicemail reads of its arguments, in this order.
local VOICEMAIL_READS = {
  function(read) arguments.options(read, "voicemail", SPEAKS) end,
  function(read)
    if read.given ~= nil then read.greeting = spoken("voicemail", read.given, "a greeting") end
  end,
  function(read) read.voice = voice_of("voicemail", read.options) end,
  function(read) read.language = language_of("voicemail", read.greeting or "x", read.options) end,
}

local voicemail_fields = interned.fields(function(greeting, options)
  if options == nil and type(greeting) == "table" and type(next(greeting)) == "string" then
    greeting, options = nil, greeting
  end
  local read = arguments.read(VOICEMAIL_READS, { given = greeting, options = options })
  return { greeting = read.greeting, voice = read.voice, language = read.language }
end)

---Take a message.
---@param greeting string? a text to say, or the https address of a recording; else the number's own
---@param options { voice: string?, language: string? }?
---@return Plan
local function voicemail(greeting, options)
  return plan.new("voicemail", voicemail_fields(greeting, options))
end

-- The same of say.
local SAY_READS = {
  function(read) arguments.options(read, "say", SPEAKS) end,
  function(read) read.text = text_of("say", read.given, "a text") end,
  function(read) read.voice = voice_of("say", read.options) end,
  function(read) read.language = language_of("say", read.text, read.options) end,
}

local say_fields = interned.fields(function(text, options)
  local read = arguments.read(SAY_READS, { given = text, options = options })
  return { text = read.text, voice = read.voice, language = read.language }
end)

---Say something; what follows is :otherwise(…), else the call ends.
---@param text string
---@param options { voice: string?, language: string? }?
---@return Plan
local function say(text, options)
  return plan.new("say", say_fields(text, options))
end

local play_fields = interned.fields(function(url)
  local text, found
  if type(url) == "string" and utf8.len(url) then text, found = address.read(url) end
  if not text or not found then
    mistake("play needs the address of a recording, https://…, not " .. mistake.show(url)
      .. (found and ", which " .. found or ""))
  end
  return { url = text }
end)

---Play a recording.
---@param url string
---@return Plan
local function play(url)
  return plan.new("play", play_fields(url))
end

local REASONS = { busy = { reason = "busy" }, rejected = { reason = "rejected" } }

---Refuse the call without answering it: the caller hears "busy" or "not in service" and nobody pays.
---@param reason ("busy"|"rejected")?
---@return Plan
local function reject(reason)
  if reason ~= nil and not REASONS[reason] then
    mistake(('reject: unknown reason %s: use "busy" or "rejected"'):format(mistake.show(reason)))
  end
  return plan.new("reject", REASONS[reason or "rejected"])
end

local NO_FIELDS = {}
---@return Plan
local function hangup()
  return plan.new("hangup", NO_FIELDS)
end

local MENU_OPTIONS = { seconds = true, tries = true, voice = true, language = true }

-- What other systems call a wrong key, or none.
local OTHERWISE = { default = true, otherwise = true, ["else"] = true, timeout = true, invalid = true,
  no_input = true, other = true, fallback = true, none = true }

--- { [1] = plan, ["*"] = plan } -> { ["1"] = plan, ["*"] = plan }, all keys of one length.
local function menu_digits(choices)
  if type(choices) ~= "table" or plan.is(choices) or next(choices) == nil then
    mistake('menu needs a plan for each key: menu("…", { ["1"] = ring(ANA), ["2"] = voicemail() })')
  end
  local digits, length = {}, nil
  local function add(key, following)
    local text = math.type(key) == "integer" and key >= 0 and tostring(key) or key
    if OTHERWISE[text] then
      mistake(("menu: %s isn't a key: what else happens is written menu(…):otherwise(…)"):format(
        mistake.show(key)))
    elseif type(text) ~= "string" or not text:match("^[%d*#]+$") or #text > 6 then
      mistake(("menu: %s isn't a key: use 0 to 9, * and #"):format(mistake.show(key)))
    elseif not plan.is(following) then
      mistake(("menu: key %s needs a plan, not %s"):format(mistake.show(text), plan.instead(following)))
    elseif digits[text] then
      mistake(("menu: key %s is there twice"):format(mistake.show(text)))
    elseif length and #text ~= length then
      mistake(("menu: %s is as long as no other key: all keys have the same number of digits")
        :format(mistake.show(#text > length and text or next(digits))))
    end
    digits[text], length = following, #text
  end
  for key, following in pairs(choices) do mistake.apart(add, key, following) end
  return digits
end

-- What menu reads of its arguments, in this order.
local MENU_READS = {
  function(read) arguments.options(read, "menu", MENU_OPTIONS) end,
  function(read) read.text = spoken("menu", read.given, "a text") end,
  function(read) read.voice = voice_of("menu", read.options) end,
  function(read) read.language = language_of("menu", read.text, read.options) end,
  function(read) read.digits = menu_digits(read.choices) end,
  function(read) read.seconds = arguments.whole("menu", "seconds", read.options.seconds, 1, 60) or 5 end,
  function(read) read.tries = arguments.whole("menu", "tries", read.options.tries, 1, 5) or 2 end,
}

---Let the caller choose by pressing keys. No or a wrong choice leads to :otherwise(…), else voicemail.
---@param text string what the caller hears, or the https address of a recording
---@param choices table<string|integer, Plan>
---@param options { seconds: integer?, tries: integer?, voice: string?, language: string? }?
---@return Plan
local function menu(text, choices, options)
  if type(text) == "table" then
    mistake('menu begins with its text: menu("Press 1 for …", { ["1"] = plan })')
  end
  local read = arguments.read(MENU_READS, { given = text, choices = choices, options = options })
  return plan.new("menu", {
    text = read.text, voice = read.voice, language = read.language, digits = read.digits,
    seconds = read.seconds, tries = read.tries,
  })
end

local function contacts_of(data, country)
  ---Phone numbers from a file beside the rules: contacts("vips.txt")["+13035550188"] is a name or true.
  ---@param name string
  ---@return table<string, string|true>
  return function(name)
    local ending = type(name) == "string" and name:match("^[%w_][%w_/-]*%.(%a+)$")
    if ending ~= "txt" and ending ~= "csv" then
      mistake('contacts needs the name of a file, such as "vips.txt" or "vips.csv", not '
        .. mistake.show(name))
    end
    local text = data and data(name)
    if not text then mistake(("contacts: can't find %s next to forwarding.lua"):format(name)) end
    return contacts.read(text, name, country)
  end
end

local function phone_of(country)
  ---A phone number as callers have it, from one as people write it: phone("(303) 555-0142").
  ---@param text string
  ---@return string
  return function(text)
    if type(text) ~= "string" then mistake("phone needs a number, not " .. mistake.show(text)) end
    local number, message = written_number.read(text, country)
    return number or mistake("phone: " .. message)
  end
end

local MOST_NOTED = 200

--- The word for hours or a rota. What the proof has to know of one that the file makes while it loads is
--- noted.
local function noted(make, calendar, country)
  return function(spec)
    local made, about = make(spec, country)
    if calendar.open and #calendar < MOST_NOTED then calendar[#calendar + 1] = about end
    return made
  end
end

---@param options WordOptions?
---@param calendar { open: true?, [integer]: Calendar }? filled as long as it is open
---@return table<string, any>
function words.environment(options, calendar)
  options, calendar = options or {}, calendar or {}
  local named = team_words.of(options.team or team.read(function() end, options.country))
  return {
    person = named.person, group = named.group, open = named.open, greeting = named.greeting,
    oncall = named.oncall,
    ring = ring_word.new(options.policy, options.country), user = targets.user, voicemail = voicemail,
    say = say, play = play, reject = reject, hangup = hangup, menu = menu, twiml = raw_twiml.word,
    hours = noted(hours.new, calendar), rota = noted(rota.new, calendar, options.country),
    contacts = contacts_of(options.data, options.country), phone = phone_of(options.country),
  }
end

return words
