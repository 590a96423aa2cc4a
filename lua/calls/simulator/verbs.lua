-- verbs.lua: what each TwiML verb does to one side of a simulated call.
--
-- A verb takes the party and its node, lets time pass, and returns the next request
-- or how the call ended; nothing if the document goes on. A voice speaks 150 words
-- a minute; how long an audio file plays is an option.

local recordings = require("calls.simulator.recording")
local reader = require("calls.twiml.reader")

local WORDS_A_SECOND = 2.5
local PLAY_SECONDS = 5
local MOST_LOOPS = 1000 -- loop="0"

local prompts, verbs = {}, {}

local function number(text, otherwise)
  return tonumber(text or "") or otherwise
end

local function loops(node)
  local times = number(node.attributes.loop, 1)
  return times == 0 and MOST_LOOPS or math.max(1, times)
end

local function speech_seconds(text)
  local _, words = text:gsub("%S+", "")
  return math.max(1, math.ceil(words / WORDS_A_SECOND))
end

-- All text of a <Say>, with that of its SSML elements.
local function spoken(node)
  local parts = {}
  for _, child in ipairs(node.children) do
    parts[#parts + 1] = type(child) == "string" and child or spoken(child)
  end
  return (table.concat(parts):gsub("%s+", " "):match("^%s*(.-)%s*$"))
end

function prompts.Say(party, node, deadline)
  local text = spoken(node)
  if text ~= "" then
    party:event("say", "hears: " .. text, { said = text, voice = node.attributes.voice })
    party:listen(speech_seconds(text) * loops(node), deadline)
  end
end

function prompts.Play(party, node, deadline)
  local url, digits = reader.text(node), node.attributes.digits
  if digits then
    party:event("play", "hears the tones " .. digits)
    party:listen(#digits * 0.5, deadline)
  elseif url ~= "" then
    party:event("play", "hears the recording " .. url, { url = url })
    party:listen((party.call.options.play_seconds or PLAY_SECONDS) * loops(node), deadline)
  end
end

function prompts.Pause(party, node, deadline)
  party:listen(number(node.attributes.length, 1), deadline)
end

local function prompt_verb(prompt)
  return function(party, node)
    party:answer()
    prompt(party, node)
  end
end
for name, prompt in pairs(prompts) do
  verbs[name] = prompt_verb(prompt)
end

-- The digits that count, and whether Twilio waits for more of them.
local function counted(node, keys)
  local finish, limit = node.attributes.finishOnKey or "#", tonumber(node.attributes.numDigits or "")
  local stop = finish ~= "" and keys:find(finish:sub(1, 1), 1, true)
  local digits = stop and keys:sub(1, stop - 1) or keys
  if limit and #digits >= limit then
    return digits:sub(1, limit), nil, false
  end
  return digits, stop and finish:sub(1, 1), not stop
end

-- What is entered during the prompts and the wait after them: keys, speech or
-- nothing. Unless the script says when, it comes a second after the first words.
local function listen_for(party, node, entry, timeout)
  local clock = party.call.clock
  local deadline = entry and entry.after and clock.now + entry.after
  for _, prompt in ipairs(reader.elements(node)) do
    local play = prompts[prompt.name]
    if play and not (deadline and clock.now >= deadline) then
      play(party, prompt, deadline)
      deadline = deadline or (entry and clock.now + 1)
    end
  end
  local wait = deadline and deadline - clock.now or 1
  if not entry or wait > timeout then
    party:listen(timeout)
    return nil
  end
  party:listen(wait)
  return entry
end

function verbs.Gather(party, node)
  party:answer()
  local timeout = number(node.attributes.timeout, 5)
  local entry = listen_for(party, node, party:next_digits(), timeout)
  local result = {}
  if entry and entry.speech then
    party:event("speak", "says: " .. entry.speech, { said = entry.speech })
    result.SpeechResult, result.Confidence = entry.speech, "0.9"
  elseif entry then
    local digits, finish, more = counted(node, entry.keys)
    party:event("press", "presses " .. entry.keys, { keys = entry.keys })
    if more then
      party:listen(timeout)
    end
    result.Digits, result.FinishedOnKey = digits, finish
  end
  local empty = (result.Digits or "") == "" and not result.SpeechResult
  if empty then
    party:event("silence", "presses nothing")
    if node.attributes.actionOnEmptyResult ~= "true" then
      return nil
    end
    result.Digits = ""
  end
  result.msg = "Gather End"
  return party:action(node, result)
end

-- A caller who hangs up during a recording leaves what was said so far.
local function record(party, node, message, recording)
  local call, attributes = party.call, node.attributes
  local began = call.clock.now
  call.activity = { gone = function()
    recordings.finish(recording, call.clock.now - began)
    local more = recordings.result(recording)
    more.Digits = "hangup"
    call:report(party:action(node, more))
  end }
  local seconds = math.min(message.seconds, number(attributes.maxLength, 3600))
  call.clock:sleep(seconds > 0 and seconds or number(attributes.timeout, 5))
  if message.hangup then
    call:caller_gone()
    return nil, "gone"
  end
  call.activity = nil
  recordings.finish(recording, seconds)
  if recording.status == "absent" then
    party:event("silence", "says nothing")
    return nil
  end
  local more = recordings.result(recording)
  more.Digits = message.key
  return party:action(node, more)
end

function verbs.Record(party, node)
  party:answer()
  if node.attributes.playBeep ~= "false" then
    party:event("beep", "hears a beep")
    party:listen(1)
  end
  local message = party.call:next_message()
  local recording = recordings.begin(party, node, { source = "RecordVerb", channels = 1 })
  if message.seconds > 0 then
    party:event("record", ("leaves a message of %g s"):format(message.seconds), { seconds = message.seconds })
  end
  return record(party, node, message, recording)
end

function verbs.Redirect(party, node)
  party:answer()
  return {
    url = party.resolve(party.url, reader.text(node)), params = party:form(),
    method = node.attributes.method,
  }
end

function verbs.Hangup(party)
  party:answer()
  party:event("hangup", "is hung up on")
  return nil, "hangup"
end

--- Only as the first verb: then the call is neither answered nor billed.
function verbs.Reject(party, node)
  if party.who ~= "caller" or party.call.answered_at then
    return verbs.Hangup(party)
  end
  local reason = node.attributes.reason == "busy" and "busy" or "rejected"
  party.call.status = reason == "busy" and "busy" or "no-answer"
  local text = reason == "busy" and "hears the busy tone" or "hears that the number is not in service"
  party:event("reject", text, { reason = reason })
  return nil, "rejected"
end

-- Verbs that run beside the call, or only matter to Twilio.
local function nothing() end
for _, name in ipairs { "Start", "Stop", "Sms" } do
  verbs[name] = nothing
end

return verbs
