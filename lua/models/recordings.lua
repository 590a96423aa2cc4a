-- models.recordings: recordings and voicemail messages, by RecordingSid.

local recordings = {}

local RANK = {
  ["in-progress"] = 0, paused = 0, processing = 1, absent = 2, failed = 2, completed = 3, deleted = 4,
}

local UPSERT = [[
  INSERT INTO recordings AS r (recording_sid, call_sid, user_id, phone_number_id, kind, status,
    status_rank, duration, channels, source, error_code, started_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (recording_sid) DO UPDATE SET
    status = CASE WHEN excluded.status_rank > r.status_rank THEN excluded.status ELSE r.status END,
    status_rank = CASE WHEN excluded.status_rank > r.status_rank THEN excluded.status_rank
      ELSE r.status_rank END,
    duration = COALESCE(excluded.duration, r.duration),
    channels = COALESCE(excluded.channels, r.channels),
    source = COALESCE(excluded.source, r.source),
    error_code = COALESCE(excluded.error_code, r.error_code),
    user_id = COALESCE(r.user_id, excluded.user_id),
    phone_number_id = COALESCE(r.phone_number_id, excluded.phone_number_id),
    updated_at = excluded.updated_at]]

-- The call's row names its recording; a later one (the voicemail after the
-- talk) does not push out the first.
local LINK = [[
  UPDATE twilio_call_logs SET recording_sid = ?, recording_url = ?, recording_duration = ?
  WHERE call_sid = ? AND (recording_sid IS NULL OR recording_sid = ?)]]

---@class RecordingReport
---@field recording_sid string
---@field call_sid string
---@field user_id string?
---@field phone_number_id integer?
---@field kind "call"|"voicemail"
---@field status string Twilio's word
---@field duration integer? seconds
---@field channels integer?
---@field source string?
---@field error_code string?
---@field at integer milliseconds

--- The statements that store a report and link it to its call.
---@param r RecordingReport
---@return table store, table link
function recordings.report(r)
  local store = table.pack(UPSERT, r.recording_sid, r.call_sid, r.user_id, r.phone_number_id, r.kind,
    r.status, RANK[r.status] or 0, r.duration, r.channels, r.source, r.error_code, r.at, r.at)
  local url = "/api/twilio/recordings/" .. r.recording_sid .. "/media"
  return store, table.pack(LINK, r.recording_sid, url, r.duration, r.call_sid, r.recording_sid)
end

--- The statement that keeps what was said, when Twilio has written it down.
---@param recording_sid string
---@param text string
---@return table
function recordings.transcribed(recording_sid, text)
  return table.pack("UPDATE recordings SET transcript = ? WHERE recording_sid = ?", text, recording_sid)
end

return recordings
