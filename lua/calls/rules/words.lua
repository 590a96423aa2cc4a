-- words.lua: the words of a rule file.
--
--   words.environment(options)   -> { ring, user, voicemail, say, play, reject, hangup, menu, twiml,
--                                     hours, rota, contacts, phone, person, group, open, greeting, oncall }
--
-- Each plan word returns a Plan (plan.lua). Mistakes raise at the author's line,
-- at load for plans written out, in the call for plans made by a function.

local address = require("calls.plans.address")
local contacts = require("calls.rules.contacts")
local hours = require("calls.rules.hours")
local kept = require("calls.plans.kept")
local mistake = require("calls.mistake")
local plan = require("calls.plans.plan")
local raw_twiml = require("calls.rules.raw_twiml")
local ring_order = require("calls.rules.ring_order")
local rota = require("calls.rules.rota")
local targets = require("calls.plans.targets")
local team = require("calls.rules.team")
local team_words = require("calls.rules.team_words")
local written_number = require("calls.parties.written_number")
local xml = require("calls.twiml.xml")

local RING_SECONDS = 20
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

--- Check a table of options against { name = what it must be }.
local function options_of(word, given, known)
  if given == nil then
    return {}
  end
  if type(given) ~= "table" or plan.is(given) then
    mistake(("%s: options are a table, such as { %s }, not %s"):format(word,
      known.seconds and "seconds = 25" or 'language = "es-MX"', mistake.show(given)))
  end
  for key, value in pairs(given) do
    if type(key) == "number" then
      mistake(("%s: %s has no name: options are written { %s = … }"):format(word, mistake.show(value),
        known.seconds and "seconds" or "language"))
    elseif not known[key] then
      local meant = key == "timeout" and ": write seconds = 20" or mistake.nearest(key, known)
      mistake(("%s has no option %s%s"):format(word, mistake.show(key),
        meant ~= "" and meant or (": it takes %s"):format(mistake.names(known))))
    end
  end
  return given
end

local function whole(word, name, value, least, most)
  if value == nil then
    return nil
  end
  local number = math.type(value) and math.tointeger(value)
  if not number or number < least or number > most then
    mistake(("%s: %s must be a whole number from %d to %d, not %s"):format(word, name, least, most,
      mistake.show(value)))
  end
  return number
end

--- A text that can be stored and said, also when a rule has cut a character in two.
local function text_of(word, value, what)
  if type(value) ~= "string" or not value:match("%S") then
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

local RING_OPTIONS = { seconds = true, confirm = true, caller_id = true, order = true }

--- The number that phones are shown: as written, or "called" for the one that was called.
local function caller_id_of(value, country)
  if value == nil or value == "called" then
    return value
  end
  local number, message
  if type(value) == "string" then number, message = written_number.read(value, country) end
  return number or mistake("ring: caller_id is a number of yours, or \"called\": "
    .. (message or mistake.show(value) .. " isn't one"))
end

local function order_of(order, count)
  if order == nil then
    return nil
  elseif not ring_order.BY[order] then
    mistake(('ring: unknown order %s%s: use "random", "round_robin" or "longest_idle"'):format(
      mistake.show(order), mistake.nearest(order, ring_order.BY)))
  elseif count < 2 then
    mistake(("ring: order = %q needs a list of two or more: ring({ JOE, ANA }, …)"):format(order))
  end
  return order
end

--- Phones of people.txt say for themselves whether they are asked to press 1, unless the rule says it.
local function asking(round, confirm)
  if confirm == nil then
    return round
  end
  local list = {}
  for i, target in ipairs(round) do
    list[i] = {
      phone = target.phone, user = target.user, pin = confirm and target.pin or nil, away = target.away,
    }
  end
  return list
end

local function ring(policy_context, country)
  local fields = kept.fields(function(whom, options)
    options = options_of("ring", options, RING_OPTIONS)
    if options.confirm ~= nil and type(options.confirm) ~= "boolean" then
      mistake("ring: confirm is true or false, not " .. mistake.show(options.confirm))
    end
    local entries = targets.entries(whom, policy_context, country)
    local order = order_of(options.order, #entries)
    local rounds, units
    if order then
      rounds, units = targets.in_turn(entries)
    else
      rounds = targets.together(entries)
    end
    for i, round in ipairs(rounds) do rounds[i] = asking(round, options.confirm) end
    return {
      targets = rounds[1], rounds = #rounds > 1 and rounds or nil, units = units,
      order = #rounds > 1 and order or nil,
      caller_id = caller_id_of(options.caller_id, country),
      seconds = whole("ring", "seconds", options.seconds, 5, 600) or RING_SECONDS,
      confirm = options.confirm ~= false,
    }
  end)
  ---Ring a phone, a user's browsers, or several of them together; the first to answer has the call.
  ---@param whom string|PlanTarget|table phone, user or a list
  ---@param options { seconds: integer?, confirm: boolean?, caller_id: string?, order: string? }? confirm
  --- (press 1 to accept) is on for phones
  ---@return Plan
  return function(whom, options)
    return plan.new("ring", fields(whom, options))
  end
end

local SPEAKS = { voice = true, language = true }

--- Voice and language of a step that speaks. What we say beside its text has to be there in its language.
local function speaking(word, text, options, ours)
  if text and (options.voice or options.language or text:find("^%s*<speak>")) then
    raw_twiml.check_say(word, text, options)
  end
  local language = options.language
  if language ~= nil and not tostring(language):find("^%a%a%a?%f[^%w][%w-]*$") then
    mistake(('%s: %s isn\'t the code of a language, such as "es-MX"'):format(word, mistake.show(language)))
  elseif ours and language ~= nil and not phrases().has(language) then
    mistake(("%s: phrases.lua has no sentences in %s: add some there, from those of another language")
      :format(word, mistake.show(language)))
  end
  return options.voice, language
end

local voicemail_fields = kept.fields(function(greeting, options)
  if options == nil and type(greeting) == "table" and type(next(greeting)) == "string" then
    greeting, options = nil, greeting
  end
  options = options_of("voicemail", options, SPEAKS)
  if greeting ~= nil then greeting = spoken("voicemail", greeting, "a greeting") end
  local voice, language = speaking("voicemail", greeting or "x", options, true)
  return { greeting = greeting, voice = voice, language = language }
end)

---Take a message.
---@param greeting string? a text to say, or the https address of a recording; else the number's own
---@param options { voice: string?, language: string? }?
---@return Plan
local function voicemail(greeting, options)
  return plan.new("voicemail", voicemail_fields(greeting, options))
end

local say_fields = kept.fields(function(text, options)
  options = options_of("say", options, SPEAKS)
  text = text_of("say", text, "a text")
  local voice, language = speaking("say", text, options)
  return { text = text, voice = voice, language = language }
end)

---Say something; what follows is :otherwise(…), else the call ends.
---@param text string
---@param options { voice: string?, language: string? }?
---@return Plan
local function say(text, options)
  return plan.new("say", say_fields(text, options))
end

local play_fields = kept.fields(function(url)
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

--- { [1] = plan, ["*"] = plan } -> { ["1"] = plan, ["*"] = plan }, all keys of one length.
local function menu_digits(choices)
  if type(choices) ~= "table" or plan.is(choices) or next(choices) == nil then
    mistake('menu needs a plan for each key: menu("…", { ["1"] = ring(ANA), ["2"] = voicemail() })')
  end
  local digits, length = {}, nil
  local function add(key, following)
    local text = math.type(key) == "integer" and key >= 0 and tostring(key) or key
    if type(text) ~= "string" or not text:match("^[%d*#]+$") or #text > 6 then
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

---Let the caller choose by pressing keys. No or a wrong choice leads to :otherwise(…), else voicemail.
---@param text string what the caller hears, or the https address of a recording
---@param choices table<string|integer, Plan>
---@param options { seconds: integer?, tries: integer?, voice: string?, language: string? }?
---@return Plan
local function menu(text, choices, options)
  if type(text) == "table" then
    mistake('menu begins with its text: menu("Press 1 for …", { ["1"] = plan })')
  end
  options = options_of("menu", options, MENU_OPTIONS)
  text = spoken("menu", text, "a text")
  local voice, language = speaking("menu", text, options, true)
  return plan.new("menu", {
    text = text, voice = voice, language = language,
    digits = menu_digits(choices),
    seconds = whole("menu", "seconds", options.seconds, 1, 60) or 5,
    tries = whole("menu", "tries", options.tries, 1, 5) or 2,
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
    if not text then mistake(("contacts: there is no file %s beside the rules"):format(name)) end
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
    ring = ring(options.policy, options.country), user = targets.user, voicemail = voicemail, say = say,
    play = play, reject = reject, hangup = hangup, menu = menu, twiml = raw_twiml.word,
    hours = noted(hours.new, calendar), rota = noted(rota.new, calendar, options.country),
    contacts = contacts_of(options.data, options.country), phone = phone_of(options.country),
  }
end

return words
