-- models.call_repairs: stores what Twilio's record of a call has and ours lacks.
--
--   repairs.learn(found, at)       stores it; a second time changes nothing
--   repairs.of(call_sid)           what was learned of a call that way, for its trace
--   repairs.totals(since)          for doctor

local announce = require("models.announce")
local calls = require("models.calls")
local db = require("db")
local decisions = require("models.decisions")
local json = require("json")
local judgements = require("models.judgements")
local owners = require("models.owners")
local recordings = require("models.recordings")
local totals = require("models.call_totals")

local repairs = {}

local function rows_of(call_sid)
  local by_sid = {}
  for _, row in ipairs(db:query([[
    SELECT call_sid, user_id, phone_number_id, status, status_rank, started_at, ended_at FROM twilio_call_logs
    WHERE call_sid = ? OR parent_call_sid = ?]], call_sid, call_sid)) do
    by_sid[row.call_sid] = row
  end
  return by_sid
end

local REPAIR = [[
  INSERT INTO call_repairs (call_sid, about, sid, status, at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (call_sid, sid, status) DO NOTHING]]

local TIMES = [[
  UPDATE twilio_call_logs SET ended_at = COALESCE(?, ended_at), duration = COALESCE(?, duration),
    started_at = CASE WHEN ? < started_at THEN ? ELSE started_at END, updated_at = ?,
    answered_at = CASE WHEN parent_call_sid IS NULL THEN answered_at ELSE COALESCE(?, answered_at) END
  WHERE call_sid = ?]]

-- Does the record say more than the row?
local function says_more(leg, row)
  if not row then
    return true
  elseif calls.is_final(leg.status) then
    return not calls.is_final(row.status)
  end
  return leg.parent_call_sid ~= nil and leg.status == "in-progress" and not calls.is_final(row.status)
    and row.status ~= "in-progress"
end

-- When a leg ended: never before it began, whatever the clocks say.
local function end_of(leg, row, started, at)
  if not calls.is_final(leg.status) then
    return nil
  end
  local ended = leg.ended_at or row and row.ended_at or leg.updated_at or at
  return math.max(ended, row and math.min(row.started_at, started) or started, leg.answered_at or 0)
end

-- The statements that store a leg as Twilio's record has it.
local function add_leg(batch, leg, row, parent, at)
  local is_leg, from = leg.parent_call_sid ~= nil, leg.from
  local user_id, number_id = owners.of(from, leg.to, row or parent, is_leg)
  local started = leg.made_at or leg.answered_at or row and row.started_at or at
  local ended = end_of(leg, row, started, at)
  batch[#batch + 1] = calls.report {
    call_sid = leg.call_sid, parent_call_sid = leg.parent_call_sid, user_id = user_id,
    phone_number_id = number_id, from = from, to = leg.to, status = leg.status,
    at = ended or leg.answered_at or started,
    direction = is_leg and "outbound-dial" or from:find("^client:") and "outbound" or "inbound",
    duration = leg.duration, answered_by = leg.answered_by,
    unscreened = is_leg and decisions.unscreened(leg.parent_call_sid, leg.to) or nil,
  }
  batch[#batch + 1] = table.pack(TIMES, ended, leg.duration, started, started, at, leg.answered_at,
    leg.call_sid)
  return ended
end

local function note(batch, call_sid, about, sid, status, at)
  batch[#batch + 1] = { REPAIR, call_sid, about, sid, status, at }
end

local RECORDED = "SELECT status, deleted_at FROM recordings WHERE recording_sid = ?"
local ENDED = { completed = true, absent = true, failed = true }

local function add_recording(batch, recording, call, at)
  local row = db:one(RECORDED, recording.recording_sid)
  if row and (row.deleted_at or row.status == recording.status or ENDED[row.status]) then
    return false
  end
  local store, link = recordings.report {
    recording_sid = recording.recording_sid, call_sid = recording.call_sid, user_id = call.user_id,
    phone_number_id = call.phone_number_id, kind = recording.source == "RecordVerb" and "voicemail" or "call",
    status = recording.status, duration = recording.duration, channels = recording.channels,
    source = recording.source, error_code = recording.error_code,
    started_at = recording.began_at or at, at = at,
  }
  batch[#batch + 1], batch[#batch + 2] = store, link
  return ENDED[recording.status] or not row
end

-- All that is new about one call.
local function news_of(found, at)
  local batch, count, rows = {}, 0, rows_of(found.call_sid)
  local parent = rows[found.call_sid]
  local call, ended = found.call, nil
  if call and says_more(call, parent) then
    ended = add_leg(batch, call, parent, nil, at)
    note(batch, found.call_sid, "call", call.call_sid, call.status, at)
    local user_id, number_id = owners.of(call.from, call.to, parent, false)
    parent = parent or { user_id = user_id, phone_number_id = number_id }
    count = count + 1
  end
  if not parent then
    return batch, 0
  end
  for _, leg in ipairs(found.legs or {}) do
    if says_more(leg, rows[leg.call_sid]) then
      add_leg(batch, leg, rows[leg.call_sid], parent, at)
      note(batch, found.call_sid, "leg", leg.call_sid, leg.status, at)
      count = count + 1
    end
  end
  for _, recording in ipairs(found.recordings or {}) do
    if add_recording(batch, recording, parent, at) then
      note(batch, found.call_sid, "recording", recording.recording_sid, recording.status, at)
      count = count + 1
    end
  end
  if ended then
    batch[#batch + 1] = calls.close_legs(found.call_sid, ended)
  end
  return batch, count
end

---@class FoundCall
---@field call_sid string of the caller's leg
---@field call LegRecord?
---@field legs LegRecord[]?
---@field recordings RecordingRecord[]?

--- Store what Twilio's record has and ours lacks. What is known stays; a second time changes nothing.
---@param found FoundCall
---@param at integer milliseconds
---@return integer count legs and recordings with news
function repairs.learn(found, at)
  local batch, count = news_of(found, at)
  if count == 0 then
    return 0
  end
  judgements.add(batch, found.call_sid)
  local changed, message, code = db:batch(batch)
  if not changed then
    error({ code = code, message = message }, 0)
  end
  announce.call(found.call_sid)
  return count
end

--- Is it a call of ours that Twilio lists: to or from one of our numbers, or from one of our browsers?
---@param leg LegRecord without a parent
---@return boolean
function repairs.concerns(leg)
  if db:one("SELECT 1 AS yes FROM twilio_call_logs WHERE call_sid = ?", leg.call_sid) then
    return true
  end
  return leg.direction == "inbound" and owners.of(leg.from, leg.to, nil, false) ~= nil
end

--- Whether there is a row of a call.
---@param call_sid string
---@return boolean
function repairs.is_known(call_sid)
  return db:one([[
    SELECT 1 AS yes FROM twilio_call_logs WHERE call_sid = ? AND parent_call_sid IS NULL]], call_sid) ~= nil
end

--- What was learned of a call later, for its trace.
---@param call_sid string
---@return { about: string, sid: string, status: string, at: integer }[]
function repairs.of(call_sid)
  return json.array(db:query("SELECT about, sid, status, at FROM call_repairs WHERE call_sid = ? ORDER BY id",
    call_sid))
end

--- Calls repaired since a moment, what was learned of them, and all calls that began since then.
---@param since integer milliseconds
---@return { calls: integer, reports: integer, all: integer }
function repairs.totals(since)
  local row = db:one([[
    SELECT COUNT(DISTINCT call_sid) AS calls, COUNT(*) AS reports FROM call_repairs WHERE at >= ?]], since)
  row.all = totals.everyones(since)
  return row
end

return repairs
