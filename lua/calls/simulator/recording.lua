-- recording.lua: recordings of a simulated call and their callbacks.
--
--   local recording = recordings.begin(party, node, { source = "RecordVerb", channels = 1 })
--   recordings.finish(recording, seconds)    sends the callbacks, a little later
--   recordings.result(recording)             the fields for the verb's action
--
-- Silence makes no recording: its status is "absent".

local recordings = {}

local LATE_SECONDS = 1 -- Twilio's callback comes after the action's request
local TRANSCRIBE_SECONDS = 10
local ABSENT_SILENT = "16102"
-- Twilio's warning 13617: "greater than 2 seconds and less than 120 seconds" are transcribed; others fail.
local TRANSCRIBED = { more_than = 2, less_than = 120 }

---@class SimulatorRecording
---@field sid string
---@field call_sid string of the caller's leg
---@field source "RecordVerb"|"DialVerb"
---@field channels integer
---@field status "in-progress"|"completed"|"absent"
---@field duration integer? seconds
---@field at number when it began, in seconds since the call came in
---@field url string

local function form(recording, status)
  local call = recording.party.call
  local more = {
    AccountSid = call.base.AccountSid, CallSid = recording.call_sid, RecordingSid = recording.sid,
    RecordingUrl = recording.url, RecordingStatus = status, RecordingChannels = tostring(recording.channels),
    RecordingSource = recording.source, RecordingTrack = "both", RecordingStartTime = call:date(recording.at),
  }
  if status == "completed" then
    more.RecordingDuration = tostring(recording.duration)
  elseif status == "absent" then
    more.ErrorCode = ABSENT_SILENT
  end
  return more
end

local function tell(recording, status)
  local attributes = recording.node.attributes
  local url = attributes.recordingStatusCallback
  local wanted = (attributes.recordingStatusCallbackEvent or "completed") .. " "
  if url and (" " .. wanted):find(" " .. status .. " ", 1, true) then
    url = recording.party.resolve(recording.base_url, url)
    local method = attributes.recordingStatusCallbackMethod
    recording.party.call:notify("recording", url, form(recording, status), method)
  end
end

local function transcribe(recording)
  local attributes = recording.node.attributes
  if attributes.transcribe ~= "true" or not attributes.transcribeCallback then
    return
  end
  local call = recording.party.call
  local more = form(recording)
  more.RecordingStatus, more.RecordingTrack, more.RecordingStartTime = nil, nil, nil
  more.From, more.To = call.base.From, call.base.To
  more.TranscriptionSid = call:new_sid("TR")
  if recording.duration > TRANSCRIBED.more_than and recording.duration < TRANSCRIBED.less_than then
    more.TranscriptionStatus = "completed"
    more.TranscriptionText = call.options.transcript or "Hello, please call me back. Thank you."
  else
    more.TranscriptionStatus = "failed"
  end
  local url = recording.party.resolve(recording.base_url, attributes.transcribeCallback)
  call.clock:spawn(function() call:notify("transcription", url, more) end, TRANSCRIBE_SECONDS)
end

---@param party SimulatorParty
---@param node XmlNode the verb that records
---@param fields { source: string, channels: integer }
---@return SimulatorRecording
function recordings.begin(party, node, fields)
  local call = party.call
  local sid = call:new_sid("RE")
  local recording = {
    sid = sid, call_sid = call.sid, source = fields.source, channels = fields.channels,
    status = "in-progress", at = call.clock.now, party = party, node = node, base_url = party.url,
    url = ("%s/2010-04-01/Accounts/%s/Recordings/%s"):format(
      call.options.api_base_url or "https://api.twilio.com", call.base.AccountSid, sid),
  }
  call:observe("recording", recording)
  tell(recording, "in-progress")
  return recording
end

---@param recording SimulatorRecording
---@param seconds number
function recordings.finish(recording, seconds)
  local call = recording.party.call
  recording.duration = math.ceil(seconds)
  recording.status = recording.duration >= 1 and "completed" or "absent"
  call.recordings[#call.recordings + 1] = recording
  call:observe("recording", recording)
  call.clock:spawn(function() tell(recording, recording.status) end, LATE_SECONDS)
  if recording.status == "completed" then
    transcribe(recording)
  end
end

---@param recording SimulatorRecording
---@return table<string, string>
function recordings.result(recording)
  if recording.status ~= "completed" then
    return {}
  end
  return {
    RecordingUrl = recording.url, RecordingSid = recording.sid,
    RecordingDuration = tostring(recording.duration),
  }
end

return recordings
