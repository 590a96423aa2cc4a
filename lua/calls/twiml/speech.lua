-- speech.lua: everything a caller or callee hears that is not a ringing phone.
--
--   speech.say(ctx, text)                 <Say>, in the voice and language of the call
--   speech.phrase(ctx, key, values?)      <Say> of one of our own sentences (phrases.lua)
--   speech.greeting(ctx, text_or_url)     <Say> or <Play>
--   speech.of_step(ctx, step)             the context in which a step with its own voice or language speaks
--   speech.voicemail(ctx, nodes, step, n) appends greeting, <Record>, goodbye
--   speech.apology(ctx)                   TwiML text: sorry, then voicemail
--   speech.goodbye(ctx, key, more?)       TwiML text: one of our own sentences, then hang up
--   speech.reject(reason?)                TwiML text: <Reject>, the only unbilled answer
--   speech.hangup()  speech.nothing()     TwiML text

local address = require("calls.plans.address")
local phrases = require("calls.twiml.phrases")
local ssml = require("calls.twiml.ssml")
local twiml = require("calls.twiml.document")
local urls = require("calls.twiml.urls")
local voices = require("calls.twiml.voices")

local speech = {}

local LONGEST = 4000 -- bytes of one <Say>; Twilio takes 4,096 characters

--- Cut a text that is too long, never inside a character.
---@param text string
---@param longest integer bytes
---@return string
function speech.cut(text, longest)
  if #text <= longest then
    return text
  end
  while longest > 0 and text:byte(longest + 1) & 0xC0 == 0x80 do longest = longest - 1 end
  return text:sub(1, longest)
end

---@param ctx CallContext
---@param text string
---@return TwimlNode
function speech.say(ctx, text)
  local voice, language = ctx.voice or nil, ctx.language or nil
  local children = ssml.read(text)
  if not children then
    return twiml.say { speech.cut(text, LONGEST), voice = voice, language = language }
  elseif not ssml.takes(voice) then
    return twiml.say { ssml.words(children), voice = voice, language = language }
  end
  children.voice, children.language = voice, language
  return twiml.say(children)
end

--- One of our own sentences; the English one, in an English voice, if the call's language has none.
---@param ctx CallContext
---@param key string
---@param values table<string, string>?
---@return TwimlNode
function speech.phrase(ctx, key, values)
  local sentences, other = phrases.of(ctx.language or nil)
  local text = speech.cut(phrases.filled(sentences[key] or sentences.goodbye, values), LONGEST)
  return twiml.say { text, voice = not other and ctx.voice or nil, language = other or ctx.language or nil }
end

local function filled(text)
  return type(text) == "string" and text:match("%S") and text or nil
end
speech.filled = filled

local function primary(language)
  return (language or "en"):lower():match("^%a*")
end

--- A step with its own voice speaks, and we beside it, the language of that voice, unless it has one itself.
--- A step with its own language doesn't use the call's voice, which speaks another. One that goes on as the
--- step before it (`as_before`) does so with sentences that we have, and not beside the number's greeting.
---@param ctx CallContext
---@param step PlanStep?
---@return CallContext
function speech.of_step(ctx, step)
  if not step or not step.voice and not step.language then
    return ctx
  end
  local language = step.language or voices.spoken(step.voice)
  if step.as_before and (step.kind == "voicemail" and filled((ctx.number or {}).voicemail_greeting)
    or select(2, phrases.of(language))) then
    return ctx
  end
  local same = not language or primary(language) == primary(ctx.language)
  return setmetatable({
    language = language or ctx.language, voice = step.voice or same and ctx.voice or false,
    foreign = not same,
  }, { __index = ctx })
end

--- A recorded greeting is an address, a spoken one a text.
---@param ctx CallContext
---@param text string
---@return TwimlNode
function speech.greeting(ctx, text)
  local read, is_address = address.read(text)
  if read and is_address then
    return twiml.play(read)
  end
  return speech.say(ctx, text)
end

-- Seconds. Twilio transcribes recordings of more than 2 and less than 120 (its warning 13617).
local LONGEST_TRANSCRIBED = 119

local function append_record(ctx, nodes, n)
  nodes[#nodes + 1] = twiml.record {
    maxLength = LONGEST_TRANSCRIBED, timeout = 5, finishOnKey = "#", playBeep = true, trim = "trim-silence",
    action = urls.step(ctx, "vm_done", { n = n }), method = "POST",
    recordingStatusCallback = urls.recording(ctx), recordingStatusCallbackEvent = "completed absent",
    transcribe = true, transcribeCallback = urls.step(ctx, "transcript", { n = n }),
  }
  nodes[#nodes + 1] = speech.phrase(ctx, "not_recorded")
  nodes[#nodes + 1] = twiml.hangup()
end

-- A voicemail's greeting: the rule's own; else the number's, if it is in the step's language; else ours.
local function greeting_of(ctx, step)
  local number = ctx.number or {}
  local text = filled(step.greeting) or not ctx.foreign and filled(number.voicemail_greeting)
  return text and speech.greeting(ctx, text) or speech.phrase(ctx, "greeting")
end

---@param ctx CallContext
---@param nodes TwimlNode[]
---@param step PlanStep? nil: a voicemail without a greeting of its own
---@param n integer?
function speech.voicemail(ctx, nodes, step, n)
  ctx, step = speech.of_step(ctx, step), step or {}
  nodes[#nodes + 1] = greeting_of(ctx, step)
  append_record(ctx, nodes, n)
end

---@param ctx CallContext
---@return string xml
function speech.apology(ctx)
  local nodes = { speech.phrase(ctx, "apology") }
  append_record(ctx, nodes)
  return twiml.write(twiml.response(nodes))
end

---@param ctx CallContext
---@param key string of the sentence
---@param more string? said after it, in English
---@return string xml
function speech.goodbye(ctx, key, more)
  local said = speech.phrase(ctx, key)
  if more and primary(ctx.language) == "en" then said[1] = said[1] .. " " .. more end
  return twiml.write(twiml.response { said, twiml.hangup() })
end

---@param reason ("busy"|"rejected")?
---@return string xml
function speech.reject(reason)
  return twiml.write(twiml.response { twiml.reject { reason = reason or "rejected" } })
end

---@return string xml
function speech.hangup()
  return twiml.write(twiml.response { twiml.hangup() })
end

--- An empty document: the callee is bridged, or a callback is done.
---@return string xml
function speech.nothing()
  return twiml.write(twiml.response {})
end

return speech
