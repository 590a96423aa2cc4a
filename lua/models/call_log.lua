-- models.call_log: the calls people look at: lists, one call, statistics.
--
-- models.calls writes the rows and answers what a webhook asks; here they are
-- read for people. A call is a row without a parent.

local db = require("db")
local judgement = require("calls.judgement")
local judgements = require("models.judgements")
local scope = require("hookswitch.scope")

local call_log = {}

-- A row as people see it: a call has its outcome, a leg has none.
local function shown(row)
  if row and not row.parent_call_sid then
    row.outcome = judgement.outcome(row)
  end
  return row
end

-- The same of a whole row, without what only the engine needs.
local function cleaned(row)
  if row then
    row.status_rank, row.sequence_number, row.unscreened = nil, nil, nil
  end
  return shown(row)
end

-- Every filter is always there and lets everything through when it is NULL, so
-- there is one statement, with bound parameters only.
local LIST = scope [[
  SELECT id, call_sid, user_id, phone_number_id, direction, "from", "to", status, started_at, answered_at,
    ended_at, duration, price, price_unit, recording_sid, recording_url, recording_duration, answered_by,
    end_reason, error_code, rule_version
  FROM twilio_call_logs
  WHERE {owned} AND parent_call_sid IS NULL
    AND started_at <= ? AND (? IS NULL OR started_at < ? OR id < ?)
    AND (? IS NULL OR "from" = ?) AND (? IS NULL OR "to" = ?)
    AND (? IS NULL OR "from" = ? OR "to" = ?)
    AND (? IS NULL OR status = ?) AND (? IS NULL OR direction = ?) AND (? IS NULL OR end_reason = ?)
    AND (? IS NULL OR started_at >= ?) AND (? IS NULL OR started_at < ?)
  ORDER BY started_at DESC, id DESC LIMIT ? OFFSET ?]]

---@param user_id string
---@param f table filters: before {at, id}, from, to, number, status, direction, end_reason, start_date,
--- end_date (milliseconds), limit, offset
---@return table[]
function call_log.list(user_id, f)
  local at, id = f.before and f.before.at, f.before and f.before.id
  local rows = db:query(LIST, user_id, at or math.maxinteger, at, at, id, f.from, f.from, f.to, f.to,
    f.number, f.number, f.number, f.status, f.status, f.direction, f.direction, f.end_reason, f.end_reason,
    f.start_date, f.start_date, f.end_date, f.end_date, f.limit, f.offset or 0)
  for _, row in ipairs(rows) do
    shown(row)
  end
  return rows
end

local GET = scope "SELECT * FROM twilio_call_logs WHERE {owned} AND call_sid = ?"

---@param user_id string
---@param call_sid string
---@return table?
function call_log.get(user_id, call_sid)
  return cleaned(db:one(GET, user_id, call_sid))
end

--- The same for a command, whoever's call it is.
---@param call_sid string
---@return table?
function call_log.of_anybody(call_sid)
  return cleaned(db:one("SELECT * FROM twilio_call_logs WHERE call_sid = ?", call_sid))
end

--- What an open console is told of a call or a leg.
---@param call_sid string
---@return table?
function call_log.brief(call_sid)
  return shown(db:one([[
    SELECT call_sid, parent_call_sid, user_id, phone_number_id, direction, "from", "to", status, started_at,
      answered_at, ended_at, duration, end_reason
    FROM twilio_call_logs WHERE call_sid = ?]], call_sid))
end

--- The legs that were dialled for a call.
---@param call_sid string
---@return table[]
function call_log.legs(call_sid)
  return db:query([[
    SELECT call_sid, "to", status, started_at, answered_at, ended_at, duration, error_code
    FROM twilio_call_logs WHERE parent_call_sid = ? ORDER BY id]], call_sid)
end

---@param call_sid string
---@return table[]
function call_log.recordings(call_sid)
  return db:query([[
    SELECT recording_sid, kind, status, duration, transcript FROM recordings
    WHERE call_sid = ? AND deleted_at IS NULL ORDER BY id]], call_sid)
end

local COUNTS = judgements.sql [[
  COUNT(*) AS calls,
    COALESCE(SUM(CASE WHEN direction = 'inbound' THEN 1 ELSE 0 END), 0) AS inbound,
    COALESCE(SUM(CASE WHEN direction = 'outbound' THEN 1 ELSE 0 END), 0) AS outbound,
    COALESCE(SUM(CASE WHEN {talked} THEN 1 ELSE 0 END), 0) AS answered,
    COALESCE(SUM(CASE WHEN {message} THEN 1 ELSE 0 END), 0) AS voicemail,
    COALESCE(SUM(CASE WHEN {missed} THEN 1 ELSE 0 END), 0) AS missed,
    COALESCE(SUM(CASE WHEN {talked} THEN duration ELSE 0 END), 0) AS talk_seconds]]

local OF_SPAN = [[
  FROM twilio_call_logs
  WHERE {owned} AND parent_call_sid IS NULL AND started_at >= ? AND started_at < ?]]

local STATS = scope("SELECT " .. COUNTS .. OF_SPAN)
local QUARTERS = scope("SELECT started_at / 900000 AS quarter, " .. COUNTS .. OF_SPAN
  .. " GROUP BY started_at / 900000 ORDER BY quarter")

local COST = scope [[
  SELECT COALESCE(SUM(CAST(ROUND(CAST(price AS REAL) * 1000000) AS INTEGER)), 0) AS millionths,
    MAX(price_unit) AS price_unit,
    COALESCE(SUM(CASE WHEN price IS NULL AND status = 'completed' THEN 1 ELSE 0 END), 0) AS unpriced
  FROM twilio_call_logs
  WHERE {owned} AND ended_at IS NOT NULL AND started_at >= ? AND started_at < ?]]

--- Totals of a span of time; both bounds in milliseconds, the second excluded.
---@param user_id string
---@param from integer
---@param to integer
---@return table
function call_log.stats(user_id, from, to)
  local stats = db:one(STATS, user_id, from, to)
  local cost = db:one(COST, user_id, from, to)
  stats.cost, stats.price_unit = math.abs(cost.millionths) / 1000000, cost.price_unit
  stats.calls_not_yet_priced = cost.unpriced
  stats.from, stats.to = from, to
  return stats
end

--- The same counts for each quarter of an hour that had a call: { quarter = started_at / 900000, … }.
---@param user_id string
---@param from integer
---@param to integer
---@return table[]
function call_log.quarters(user_id, from, to)
  return db:query(QUARTERS, user_id, from, to)
end

return call_log
