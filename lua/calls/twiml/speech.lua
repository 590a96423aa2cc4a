-- speech.lua: everything a caller or callee hears that is not a ringing phone.
--
--   speech.say(ctx, text)                 <Say>, in the voice of the number
--   speech.greeting(ctx, text_or_url)     <Say> or <Play>
--   speech.voicemail(ctx, nodes, greeting, n)   appends greeting, <Record>, goodbye
--   speech.apology(ctx)                   TwiML text: sorry, then voicemail
--   speech.goodbye(ctx, text?)            TwiML text: a sentence, then hang up
--   speech.reject(reason?)                TwiML text: <Reject>, the only unbilled answer
--   speech.hangup()  speech.nothing()     TwiML text

local address = require("calls.plans.address")
local twiml = require("calls.twiml.document")
local urls = require("calls.twiml.urls")

local speech = {}

speech.GREETING = "Please leave a message after the tone."
speech.NOT_RECORDED = "Nothing was recorded. Goodbye."
speech.APOLOGY = "We are sorry, something went wrong on our side. Please leave a message after the tone."
speech.UNKNOWN_NUMBER = "This number is not in service. Please check it and call again. Goodbye."
speech.THANKS = "Thank you. Goodbye."
speech.GOODBYE = "We cannot take your call now. Goodbye."
speech.CONSENT = "We would like to record this call. Press 1 to agree, or any other key to go on without."

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
  return twiml.say { speech.cut(text, LONGEST), voice = ctx.voice, language = ctx.language }
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

local function filled(text)
  return type(text) == "string" and text:match("%S") and text or nil
end
speech.filled = filled

-- Seconds. Twilio transcribes recordings of more than 2 and less than 120 (its warning 13617).
local LONGEST_TRANSCRIBED = 119

---@param ctx CallContext
---@param nodes TwimlNode[]
---@param greeting string?
---@param n integer?
function speech.voicemail(ctx, nodes, greeting, n)
  local number = ctx.number or {}
  local text = filled(greeting) or filled(number.voicemail_greeting) or speech.GREETING
  nodes[#nodes + 1] = speech.greeting(ctx, text)
  nodes[#nodes + 1] = twiml.record {
    maxLength = LONGEST_TRANSCRIBED, timeout = 5, finishOnKey = "#", playBeep = true, trim = "trim-silence",
    action = urls.step(ctx, "vm_done", { n = n }), method = "POST",
    recordingStatusCallback = urls.recording(ctx), recordingStatusCallbackEvent = "completed absent",
    transcribe = true, transcribeCallback = urls.step(ctx, "transcript", { n = n }),
  }
  nodes[#nodes + 1] = speech.say(ctx, speech.NOT_RECORDED)
  nodes[#nodes + 1] = twiml.hangup()
end

---@param ctx CallContext
---@return string xml
function speech.apology(ctx)
  local nodes = {}
  speech.voicemail(ctx, nodes, speech.APOLOGY)
  return twiml.write(twiml.response(nodes))
end

---@param ctx CallContext
---@param text string?
---@return string xml
function speech.goodbye(ctx, text)
  return twiml.write(twiml.response { speech.say(ctx, text or speech.GOODBYE), twiml.hangup() })
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
