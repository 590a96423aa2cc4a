-- documents.lua: a call's context for specs, and the TwiML that a step is expected to write, part by part.
dofile("spec/support/native.lua")
local xml = dofile("spec/support/xml.lua")

local documents = {}

local HEAD = '<?xml version="1.0" encoding="UTF-8"?><Response>'
local S = "https://calls.example.com"

--- The context of a call, with some fields of it and of its number changed.
function documents.context(changes, number)
  local ctx = {
    base_url = S, v = 31, online = { ["42"] = true },
    number = { id = 1, user_id = "42", phone_number = "+13035550100", friendly_name = "Junk Removal",
      recording = "off" },
    call = { from = "+13035550123", to = "+13035550100", sid = "CA1" },
    policy = { countries = { US = true }, own_numbers = { ["+13035550100"] = true,
      ["+13035550101"] = true } },
  }
  for key, value in pairs(number or {}) do ctx.number[key] = value end
  for key, value in pairs(changes or {}) do ctx[key] = value end
  return ctx
end

--- What a document has inside <Response>.
function documents.body(text)
  assert(text:sub(1, #HEAD) == HEAD, text)
  xml.parse(text)
  return (text:sub(#HEAD + 1):gsub("</Response>$", ""))
end

function documents.url(query)
  return S .. "/api/twilio/twiml?" .. query:gsub("&", "&amp;")
end

function documents.say(text)
  return "<Say>" .. text .. "</Say>"
end

local RECORDED = ' record="record-from-answer-dual" recordingStatusCallback="' .. S
  .. '/api/twilio/recording-callback" recordingStatusCallbackEvent="completed absent"'
local STATUS = 'statusCallback="' .. S .. '/api/twilio/status-callback" '
  .. 'statusCallbackEvent="initiated ringing answered completed"'

function documents.dial_of(o)
  return '<Dial action="' .. documents.url(o.action) .. '" answerOnBridge="true"'
    .. (o.caller_id and ' callerId="' .. o.caller_id .. '"' or "") .. ' method="POST"'
    .. (o.recorded and RECORDED or "") .. ' timeLimit="14400" timeout="' .. (o.timeout or 20) .. '">'
    .. table.concat(o) .. "</Dial>"
end

function documents.number_of(phone, screen)
  return "<Number " .. STATUS .. (screen and ' url="' .. documents.url(screen) .. '"' or "") .. ">" .. phone
    .. "</Number>"
end

function documents.client_of(name, shown)
  return "<Client " .. STATUS .. "><Identity>" .. name .. '</Identity><Parameter name="from_name" value="'
    .. (shown or "+13035550123") .. '"/><Parameter name="to" value="+13035550100"/></Client>'
end

function documents.voicemail_of(n, greeting)
  local at = n and "&n=" .. n or ""
  return documents.say(greeting or "Please leave a message after the tone.")
    .. '<Record action="' .. documents.url("step=vm_done" .. at .. "&v=31")
      .. '" finishOnKey="#" maxLength="119" method="POST"'
    .. ' playBeep="true" recordingStatusCallback="' .. S .. '/api/twilio/recording-callback"'
    .. ' recordingStatusCallbackEvent="completed absent" timeout="5" transcribe="true" transcribeCallback="'
    .. documents.url("step=transcript" .. at .. "&v=31") .. '" trim="trim-silence"/>'
    .. documents.say("Nothing was recorded. Goodbye.") .. "<Hangup/>"
end

return documents
