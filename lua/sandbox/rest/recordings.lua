-- sandbox.rest.recordings: recordings of the stand-in's account, with real sound.
--
-- From the OpenAPI document (api.v2010.account.recording): call_sid is always the
-- parent leg's; start_time and date_created are RFC 2822; duration and price are
-- STRINGS, empty until they are known; channels and error_code are numbers, and
-- error_code is null unless the status is absent. GET Recordings.json takes
-- CallSid and DateCreated.

local answer = require("sandbox.rest.answer")
local calls = require("sandbox.rest.calls")
local config = require("config")
local json = require("json")
local resource = require("sandbox.rest.resource")
local sandbox = require("models.sandbox")
local wav = require("sandbox.rest.wav")

local recordings = {}

local MEDIA = { wav = true, mp3 = true }
local LONGEST = 300 -- seconds of sound
local PRICE_A_MINUTE = 0.0025

local function shape(row, api)
  local out = resource.shape(row, api, {}, "Recordings")
  local base = out.uri:gsub("%.json$", "")
  out.call_sid, out.status, out.source, out.channels = row.call_sid, row.status, row.source, row.channels
  out.conference_sid, out.encryption_details = json.null, json.null
  out.error_code = row.status == "absent" and row.error_code or json.null
  out.start_time, out.date_created = answer.date(row.started_at), answer.date(row.started_at)
  out.duration = row.duration and tostring(row.duration) or json.null
  out.price_unit = "USD"
  out.price = row.duration and api.at > row.updated_at + calls.PRICE_AFTER_MS
    and ("-%.5f"):format(math.ceil(row.duration / 60) * PRICE_A_MINUTE) or json.null
  out.media_url = config.get("twilio_api_base_url") .. base
  out.subresource_uris = { transcriptions = base .. "/Transcriptions.json" }
  return out
end

---@class SandboxRecording
---@field sid string
---@field call_sid string
---@field status string
---@field source string
---@field channels integer
---@field duration integer? seconds
---@field started_at integer milliseconds

--- Store what the driver recorded.
---@param recording SandboxRecording
---@param at integer
function recordings.store(recording, at)
  sandbox.put("recording", recording.call_sid, recording, at)
end

local function media(api, row)
  local file = wav.file(math.min(row.duration or 0, LONGEST), row.channels or 1)
  local first, last, problem = wav.range(api.header("Range"), #file)
  local headers = { ["Accept-Ranges"] = "bytes" }
  if problem then
    headers["Content-Range"] = "bytes */" .. #file
    return { 416, nil, "", headers }
  elseif not first then
    return { 200, "audio/x-wav", file, headers }
  end
  headers["Content-Range"] = ("bytes %d-%d/%d"):format(first, last, #file)
  return { 206, "audio/x-wav", file:sub(first + 1, last + 1), headers }
end

--- GET Recordings/{Sid}.json, .wav, .mp3 (which is a WAV, too) or without either.
recordings.fetch = resource.found("recording", function(api, row)
  if api.format == "json" then
    return answer.json(shape(row, api))
  elseif row.status ~= "completed" or not MEDIA[api.format or "wav"] then
    return answer.error(404, 20404, api.path)
  end
  return media(api, row)
end)

recordings.delete = resource.delete("recording")

--- GET Recordings.json and Calls/{Sid}/Recordings.json
function recordings.list(api)
  local call_sid = api.params.call or api.query.CallSid
  return answer.page(api, "recordings", "recording", shape, function(row)
    return (not call_sid or row.call_sid == call_sid)
      and calls.in_range(api.query, "DateCreated", row.started_at)
  end)
end

return recordings
