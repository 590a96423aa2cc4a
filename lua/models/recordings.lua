-- models.recordings: recordings and voicemail messages, by RecordingSid.

local db = require("db")
local etag = require("hookswitch.etag")
local instant = require("hookswitch.instant")
local rows = require("models.rows")
local scope = require("hookswitch.scope")

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
    duration = CASE WHEN excluded.status_rank < r.status_rank THEN COALESCE(r.duration, excluded.duration)
      ELSE COALESCE(excluded.duration, r.duration) END,
    channels = CASE WHEN excluded.status_rank < r.status_rank THEN COALESCE(r.channels, excluded.channels)
      ELSE COALESCE(excluded.channels, r.channels) END,
    source = CASE WHEN excluded.status_rank < r.status_rank THEN COALESCE(r.source, excluded.source)
      ELSE COALESCE(excluded.source, r.source) END,
    error_code = CASE WHEN excluded.status_rank < r.status_rank
      THEN COALESCE(r.error_code, excluded.error_code) ELSE COALESCE(excluded.error_code, r.error_code) END,
    user_id = COALESCE(r.user_id, excluded.user_id),
    phone_number_id = COALESCE(r.phone_number_id, excluded.phone_number_id),
    started_at = CASE WHEN excluded.started_at < r.started_at THEN excluded.started_at ELSE r.started_at END,
    updated_at = CASE WHEN excluded.updated_at > r.updated_at THEN excluded.updated_at ELSE r.updated_at END
  WHERE r.deleted_at IS NULL]]

-- The call's row names its first recording (not the voicemail after the talk),
-- whichever is reported first; a deleted one doesn't come back.
local LINK = [[
  UPDATE twilio_call_logs AS c SET recording_sid = r.recording_sid,
    recording_url = ? || r.recording_sid || ?, recording_duration = r.duration
  FROM recordings AS r
  WHERE c.call_sid = ? AND r.recording_sid = (SELECT f.recording_sid FROM recordings AS f
      WHERE f.call_sid = ? AND f.deleted_at IS NULL ORDER BY f.started_at, f.id LIMIT 1)
    AND (c.recording_sid IS DISTINCT FROM r.recording_sid
      OR c.recording_duration IS DISTINCT FROM r.duration)]]

-- A transcript may arrive before its recording.
local TRANSCRIPT = [[
  INSERT INTO recordings AS r (recording_sid, call_sid, user_id, phone_number_id, kind, status, status_rank,
    transcript, started_at, updated_at)
  VALUES (?, ?, (SELECT user_id FROM twilio_call_logs WHERE call_sid = ?),
    (SELECT phone_number_id FROM twilio_call_logs WHERE call_sid = ?), 'voicemail', 'processing', ?, ?, ?, ?)
  ON CONFLICT (recording_sid) DO UPDATE SET transcript = excluded.transcript,
    started_at = CASE WHEN excluded.started_at < r.started_at THEN excluded.started_at ELSE r.started_at END,
    updated_at = CASE WHEN excluded.updated_at > r.updated_at THEN excluded.updated_at ELSE r.updated_at END
  WHERE r.deleted_at IS NULL]]

-- A recording may be reported before its call. Whichever report comes second
-- links the two.
local OWNER = [[
  UPDATE recordings AS r SET user_id = c.user_id, phone_number_id = c.phone_number_id
  FROM twilio_call_logs AS c WHERE c.call_sid = r.call_sid AND r.call_sid = ? AND r.user_id IS NULL]]

local MEDIA, MEDIA_END = "/api/twilio/recordings/", "/media"

--- Where people hear a recording: a route of ours. Twilio's own address never reaches a browser.
---@param recording_sid string
---@return string
function recordings.media_url(recording_sid)
  return MEDIA .. recording_sid .. MEDIA_END
end

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
---@field started_at integer milliseconds
---@field at integer milliseconds: when it was reported

--- The statements that store a report and link it to its call.
---@param r RecordingReport
---@return table store, table link
function recordings.report(r)
  local store = table.pack(UPSERT, r.recording_sid, r.call_sid, r.user_id, r.phone_number_id, r.kind,
    r.status, RANK[r.status] or 0, r.duration, r.channels, r.source, r.error_code, r.started_at, r.at)
  return store, { LINK, MEDIA, MEDIA_END, r.call_sid, r.call_sid }
end

--- The statements that link a call and its recordings, whichever was reported first.
---@param call_sid string
---@return table owner, table link
function recordings.join(call_sid)
  return { OWNER, call_sid }, { LINK, MEDIA, MEDIA_END, call_sid, call_sid }
end

--- The statement that stores a transcript.
---@param recording_sid string
---@param call_sid string
---@param text string
---@param at integer milliseconds
---@return table
function recordings.transcribed(recording_sid, call_sid, text, at)
  return table.pack(TRANSCRIPT, recording_sid, call_sid, call_sid, call_sid, RANK.processing, text, at, at)
end

local SHOWN = [[
  SELECT r.id, r.recording_sid, r.call_sid, r.user_id, r.phone_number_id, r.kind, r.status, r.duration,
    r.channels, r.source, r.error_code, r.transcript, r.started_at, r.heard_at, r.heard_by,
    c."from", c."to", c.direction
  FROM recordings AS r LEFT JOIN twilio_call_logs AS c ON c.call_sid = r.call_sid
  WHERE {owned:r} AND r.deleted_at IS NULL]]

local function shown(row)
  if row then
    row.mediaUrl = recordings.media_url(row.recording_sid)
    etag.stamp(row)
  end
  return row
end

local BY_ID = SHOWN:gsub("{owned:r}", "r.id = ?")

---@param ids integer[] of recording_sources.page
---@param f table its filters
---@return table[]
function recordings.list(ids, f)
  local list = {}
  for _, id in ipairs(ids) do
    local row = shown(db:one(BY_ID, id))
    if not f.call_sid or not f.number or row.from == f.number or row.to == f.number then
      list[#list + 1] = row
    end
  end
  return list
end

--- What an open console is told about a recording.
---@param recording_sid string
---@return table?
function recordings.brief(recording_sid)
  return db:one([[
    SELECT recording_sid, call_sid, user_id, phone_number_id, kind, status, duration FROM recordings
    WHERE recording_sid = ? AND deleted_at IS NULL]], recording_sid)
end

local GET = scope(SHOWN .. " AND r.recording_sid = ?")

---@param user_id string
---@param recording_sid string
---@return table?
function recordings.get(user_id, recording_sid)
  return shown(db:one(GET, user_id, recording_sid))
end

--- Note that someone has listened to it; the first time counts, and only that is announced.
---@param user_id string
---@param recording_sid string
---@param at integer milliseconds
---@param agree fun(row: table) raises when it may not be changed
---@return table? row
---@return boolean news
function recordings.hear(user_id, recording_sid, at, agree)
  local function read() return recordings.get(user_id, recording_sid) end
  local changed = 0
  local row = rows.guarded(read, agree, function()
    changed = db:exec(
      "UPDATE recordings SET heard_at = ?, heard_by = ? WHERE recording_sid = ? AND heard_at IS NULL",
      at, user_id, recording_sid)
    return read()
  end)
  return row, changed > 0
end

--- Note that it is deleted at Twilio, and delete its transcript.
---@param recording_sid string
---@param at integer milliseconds
---@return boolean whether it was there
function recordings.deleted(recording_sid, at)
  return db:transaction(function()
    db:exec([[
      UPDATE twilio_call_logs SET recording_sid = NULL, recording_url = NULL, recording_duration = NULL
      WHERE recording_sid = ?]], recording_sid)
    return db:exec([[
      UPDATE recordings SET status = 'deleted', status_rank = 4, transcript = NULL, deleted_at = ?,
        updated_at = ?
      WHERE recording_sid = ? AND deleted_at IS NULL]], at, at, recording_sid) > 0
  end)
end

--- Recordings that began before a moment: their retention has ended.
---@param before integer milliseconds
---@param limit integer
---@return table[]
function recordings.older_than(before, limit)
  return db:query([[
    SELECT recording_sid FROM recordings WHERE started_at >= ? AND started_at < ? AND deleted_at IS NULL
    ORDER BY started_at, id LIMIT ?]], instant.DATED_MS, before, limit)
end

return recordings
