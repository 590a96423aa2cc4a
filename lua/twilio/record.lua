-- twilio.record: what Twilio's resources say of a call, in our own words.
--
--   record.leg(call)             of a Call resource       -> LegRecord, or nil if it isn't one
--   record.recording(recording)  of a Recording resource  -> RecordingRecord, or nil
--
-- date_created is when a leg was made, start_time when it was answered; one that
-- nobody answered has no duration, and perhaps neither start_time nor end_time.
-- Durations are text.

local http_date = require("hookswitch.http_date")
local text = require("twilio.calls").text

local record = {}

---@class LegRecord
---@field call_sid string
---@field parent_call_sid string?
---@field from string
---@field to string
---@field direction string Twilio's word
---@field status string
---@field made_at integer? milliseconds
---@field answered_at integer?
---@field ended_at integer?
---@field updated_at integer? when Twilio changed the record last
---@field duration integer? seconds
---@field answered_by string?

---@class RecordingRecord
---@field recording_sid string
---@field call_sid string
---@field status string
---@field source string?
---@field duration integer?
---@field channels integer?
---@field error_code string?
---@field began_at integer?

local function sid(value)
  local one = text(value)
  return one and #one <= 64 and one:find("^%w+$") and one or nil
end

local function ms(value)
  local seconds = http_date.read(text(value) or "")
  return seconds and seconds * 1000
end

-- Seconds and counts, as text or as numbers; -1 stands for none.
local function whole(value)
  local number = math.tointeger(tonumber(value))
  return number and number >= 0 and number < 1e9 and number or nil
end

---@param call table
---@return LegRecord?
function record.leg(call)
  local own, status = type(call) == "table" and sid(call.sid), type(call) == "table" and text(call.status)
  if not own or not status then
    return nil
  end
  local started, duration = ms(call.start_time), whole(text(call.duration) or call.duration)
  local picked_up = status == "completed" or status == "in-progress"
  local answered = picked_up and started or nil
  return {
    call_sid = own, parent_call_sid = sid(call.parent_call_sid), from = text(call.from) or "",
    to = text(call.to) or "", direction = text(call.direction) or "", status = status,
    made_at = ms(call.date_created) or started, answered_at = answered,
    ended_at = ms(call.end_time) or answered and duration and answered + duration * 1000 or nil,
    updated_at = ms(call.date_updated), duration = status == "completed" and duration or nil,
    answered_by = text(call.answered_by),
  }
end

---@param recording table
---@return RecordingRecord?
function record.recording(recording)
  local own = type(recording) == "table" and sid(recording.sid)
  local call_sid, status = own and sid(recording.call_sid), own and text(recording.status)
  if not call_sid or not status then
    return nil
  end
  local code = whole(recording.error_code)
  return {
    recording_sid = own, call_sid = call_sid, status = status, source = text(recording.source),
    duration = whole(text(recording.duration) or recording.duration), channels = whole(recording.channels),
    error_code = code and tostring(code), began_at = ms(recording.start_time) or ms(recording.date_created),
  }
end

return record
