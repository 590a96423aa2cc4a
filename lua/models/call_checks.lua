-- models.call_checks: which calls may have lost a report, so Twilio's record of them is needed.
--
--   checks.gather()          notes new calls, and calls with a report that couldn't be stored
--   checks.due(at, limit)    the calls to look at now, with what is doubtful about each
--   checks.heard_to(at)      from when on calls may have come in unnoticed
--
-- A call is looked at when it is over, or when its plan's time has passed. If nothing
-- is doubtful, Twilio isn't asked.

local call_ids = require("models.call_ids")
local db = require("db")
local decisions = require("models.decisions")
local stored_plan = require("calls.plans.stored_plan")
local judgements = require("models.judgements")
local recent = require("recent")

local checks = {}

local DAY_MS = 24 * 3600 * 1000
checks.LONGEST_GAP_MS = 7 * DAY_MS -- whatever is older is not listed

local MARKS = 500 -- taken at a time
local ROWS = 5000
local WITHOUT_PLAN_MS = 60 * 1000
local SLACK_MS = 10 * 1000
local SETTLED_MS = 5 * 1000 -- reports of a call that has just ended are on their way
local FINAL = "('completed', 'busy', 'failed', 'no-answer', 'canceled')"

-- ---- which calls ----

local NOTE = [[
  INSERT INTO call_checks AS k (call_sid, due_at, is_certain) VALUES (?, 0, 1)
  ON CONFLICT (call_sid) DO UPDATE SET due_at = 0, is_certain = 1]]

-- Calls with a report that couldn't be stored. If this note can't be stored either, it is tried again.
local function take_marks()
  local list, missed = {}, 0
  while #list < MARKS do
    local call_sid, lost = recent.take_mark()
    if not call_sid then
      missed = lost
      break
    end
    list[#list + 1] = call_sid
  end
  local ok, problem = pcall(db.transaction, db, function()
    for _, call_sid in ipairs(list) do
      db:exec(NOTE, call_sid)
    end
  end)
  if not ok then
    for _, call_sid in ipairs(list) do
      recent.mark(call_sid)
    end
    error(problem, 0)
  end
  return missed
end

local NEW = [[
  INSERT INTO call_checks (call_sid, due_at)
  SELECT call_sid, 0 FROM twilio_call_logs WHERE id > ? AND id <= ? AND parent_call_sid IS NULL
  ON CONFLICT (call_sid) DO NOTHING]]

local function take_rows()
  local seen = db:one("SELECT seen_id FROM reconciliation WHERE id = 1").seen_id
  local last = call_ids.upto(seen, ROWS)
  if last then
    db:transaction(function()
      db:exec(NEW, seen, last)
      db:exec("UPDATE reconciliation SET seen_id = ? WHERE id = 1", last)
    end)
  end
end

--- Note what is new since the last time.
---@return integer missed reports that could not be stored, of calls that are not known
function checks.gather()
  local missed = take_marks()
  take_rows()
  return missed
end

-- What may be missing about a call that is over; NULL: nothing. A ring that was
-- answered with a document has a step for its outcome, and a caller who was asked
-- for a message, or was recorded, has a recording.
local DUE = [[
  SELECT k.call_sid, k.tries, c.started_at, c.ended_at,
    CASE WHEN k.is_certain = 1 OR c.call_sid IS NULL THEN 'report'
      WHEN c.ended_at IS NULL THEN 'open'
      WHEN c.status NOT IN ]] .. FINAL .. [[ THEN 'status'
      WHEN EXISTS (SELECT 1 FROM twilio_call_logs AS l
        WHERE l.parent_call_sid = k.call_sid AND l.status NOT IN ]] .. FINAL .. [[) THEN 'leg'
      WHEN EXISTS (SELECT 1 FROM call_steps AS s WHERE s.call_sid = k.call_sid AND s.dial_call_sid IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM twilio_call_logs AS l WHERE l.call_sid = s.dial_call_sid)) THEN 'leg'
      WHEN d.entered = 'ring' AND NOT EXISTS (SELECT 1 FROM call_steps AS s
        WHERE s.call_sid = k.call_sid AND s.n = d.entered_n) THEN 'step'
      WHEN EXISTS (SELECT 1 FROM call_steps AS s WHERE s.call_sid = k.call_sid AND s.entered = 'ring'
        AND NOT EXISTS (SELECT 1 FROM call_steps AS t
          WHERE t.call_sid = k.call_sid AND t.n = s.entered_n)) THEN 'step'
      WHEN EXISTS (SELECT 1 FROM recordings AS r
          WHERE r.call_sid = k.call_sid AND r.status IN ('in-progress', 'paused', 'processing'))
        THEN 'recording'
      WHEN (d.entered = 'voicemail' OR EXISTS (SELECT 1 FROM call_steps AS s
          WHERE s.call_sid = k.call_sid AND s.entered = 'voicemail'))
        AND NOT EXISTS (SELECT 1 FROM recordings AS r
          WHERE r.call_sid = k.call_sid AND r.kind = 'voicemail') THEN 'recording'
      WHEN n.recording <> 'off' AND {talked} AND NOT EXISTS (SELECT 1 FROM recordings AS r
          WHERE r.call_sid = k.call_sid AND r.kind = 'call') THEN 'recording'
      END AS doubt
  FROM call_checks AS k LEFT JOIN twilio_call_logs AS c ON c.call_sid = k.call_sid
    LEFT JOIN call_decisions AS d ON d.call_sid = k.call_sid
    LEFT JOIN user_phone_numbers AS n ON n.id = c.phone_number_id
  WHERE k.due_at <= ? OR k.was_open = 1 AND c.ended_at IS NOT NULL
  ORDER BY k.due_at, k.call_sid LIMIT ?]]
DUE = judgements.sql(DUE)

---@class CallCheck
---@field call_sid string
---@field tries integer
---@field started_at integer? nil when it has no row
---@field ended_at integer?
---@field doubt string? nil when Twilio needn't be asked

---@param at integer milliseconds
---@param limit integer
---@return CallCheck[]
function checks.due(at, limit)
  return db:query(DUE, at, limit)
end

-- How long a call may ring, by its plan.
local function plan_ms(call_sid)
  local state = decisions.in_database(call_sid)
  local plan = state and state.plan
  local ok, seconds = pcall(stored_plan.ring_seconds, plan)
  return ok and seconds and seconds * 1000 or WITHOUT_PLAN_MS
end

--- Is it time to look at a call? If not, it is put off.
---@param check CallCheck
---@param at integer milliseconds
---@return boolean
function checks.is_time(check, at)
  local due_at
  if check.doubt == "open" and check.tries == 0 then
    due_at = check.started_at + plan_ms(check.call_sid) + SLACK_MS
  elseif check.doubt ~= "report" and check.ended_at and check.ended_at <= at then
    due_at = check.ended_at + SETTLED_MS
  end
  if not due_at or due_at <= at then
    return true
  end
  db:exec("UPDATE call_checks SET due_at = ?, was_open = ? WHERE call_sid = ?", due_at, check.doubt == "open",
    check.call_sid)
  return false
end

--- Nothing is left to ask.
---@param call_sid string
function checks.done(call_sid)
  db:exec("DELETE FROM call_checks WHERE call_sid = ?", call_sid)
end

--- Twilio failed: the other calls have their turn first.
---@param check CallCheck
---@param at integer milliseconds
function checks.put_behind(check, at)
  db:exec("UPDATE call_checks SET due_at = ? WHERE call_sid = ?", at + 60 * 1000, check.call_sid)
end

local AGAIN_MINUTES = { 1, 2, 4, 8, 15 }
local TRIES = 40

--- Ask again later, less and less often.
---@param check CallCheck
---@param at integer milliseconds
function checks.again(check, at)
  if check.tries >= TRIES then
    return checks.done(check.call_sid)
  end
  local minutes = AGAIN_MINUTES[math.min(check.tries + 1, #AGAIN_MINUTES)]
  db:exec([[
    UPDATE call_checks SET due_at = ?, tries = tries + 1, is_certain = 0, was_open = ? WHERE call_sid = ?]],
    at + minutes * 60 * 1000, check.doubt == "open", check.call_sid)
end

-- ---- the gap before a start ----

-- The first round comes this long after a start, so what is older was there before.
local START_MS = 3200

--- Up to when no call can have been missed; nil if none can have been missed: nobody had a number to call, or
--- this is the first start.
---@param at integer milliseconds
---@return integer?
function checks.heard_to(at)
  local first = db:one("SELECT MIN(purchased_at) AS at FROM user_phone_numbers WHERE released_at IS NULL").at
  if not first then
    return nil
  end
  local known = db:one("SELECT heard_to AS at FROM reconciliation WHERE id = 1").at
  if not known then
    local row = db:one([[
      SELECT updated_at AS at FROM twilio_call_logs WHERE updated_at < ? ORDER BY id DESC LIMIT 1]],
      at - START_MS)
    known = row and row.at or first < at - START_MS and math.max(first, at - DAY_MS)
  end
  return known and math.max(known, at - checks.LONGEST_GAP_MS) or nil
end

---@param at integer milliseconds
function checks.set_heard_to(at)
  db:exec("UPDATE reconciliation SET heard_to = ? WHERE id = 1", at)
end

return checks
