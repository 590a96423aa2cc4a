-- raw_twiml.lua: the word `twiml`: TwiML verbs that have no word of their own.
--
--   twiml { twiml.say { "Hello" }, twiml.pause { length = 1 } }   -> Plan
--
--   raw_twiml.word                       the word
--   raw_twiml.check_voice(word, voice)         raises if Twilio has no such voice
--   raw_twiml.check_say(word, text, options)   raises if Twilio would refuse such a <Say>
--
-- Few rule files use it, and the catalogue of verbs is large, so each rule VM only loads it when the word is
-- first used.

local mistake = require("calls.mistake")
local plan = require("calls.plans.plan")

local require = require

local raw_twiml = {}

local function refuse()
  mistake("twiml cannot be changed")
end

---@param word string for messages
---@param voice any of options
function raw_twiml.check_voice(word, voice)
  local message = voice ~= nil and require("calls.twiml.voices").wrong(voice)
  if message then mistake(("%s: %s"):format(word, message)) end
end

--- A verb as a value for rules: read-only and callable.
local function verb_of(word, build)
  return setmetatable({}, {
    __call = function(_, t)
      if word == "say" and type(t) == "table" then raw_twiml.check_voice(word, rawget(t, "voice")) end
      return build(t)
    end,
    __newindex = refuse,
    __metatable = "twiml",
  })
end

local verbs = {}

local function verb(_, word)
  if not verbs[word] then
    local twiml = require("calls.twiml.document")
    if not require("calls.twiml.verbs").by_word[word] then mistake(twiml.no_verb(word)) end
    verbs[word] = verb_of(word, twiml[word])
  end
  return verbs[word]
end

---@return Plan
local function raw(_, list)
  if type(list) ~= "table" then mistake('twiml needs verbs: twiml { twiml.say { "Hello" } }') end
  local twiml = require("calls.twiml.document")
  local document = twiml.response(list)
  if #document == 0 then mistake("twiml: the list has no verbs") end
  twiml.write(document)
  local stored = {}
  for _, node in ipairs(twiml.plain(document).children) do stored[#stored + 1] = node end
  return plan.new("twiml", { verbs = stored })
end

raw_twiml.word = setmetatable({}, {
  __index = verb,
  __call = raw,
  __newindex = refuse,
  __metatable = "twiml",
})

---@param word string for messages
---@param text string
---@param options { language: string? }
function raw_twiml.check_say(word, text, options)
  local children, message = require("calls.twiml.ssml").read(text)
  if message then mistake(("%s: %s"):format(word, message)) end
  require("calls.twiml.document").say { language = options.language, table.unpack(children or { text }) }
end

return raw_twiml
