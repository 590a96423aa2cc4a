-- models.call_log: the calls people look at: lists, one call, statistics.
--
-- models.calls writes the rows and reads them for webhooks; this module reads them
-- for people. A call is a row without a parent.

local db = require("db")
local json = require("json")
local judgement = require("calls.steps.judgement")
local pages = require("models.pages")
local scope = require("hookswitch.scope")
local sources = require("models.call_sources")
local totals = require("models.call_totals")
local tz = require("tz")

local call_log = {}

-- A row as people see it: a call has its outcome, a leg has none.
local function shown(row)
  if row and not row.parent_call_sid then
    row.outcome = judgement.outcome(row)
  end
  return row
end

-- The same for a whole row, without what only the engine needs.
local function cleaned(row)
  if row then
    row.status_rank, row.sequence_number, row.unscreened = nil, nil, nil
  end
  return shown(row)
end

local ROW = [[
  SELECT id, call_sid, user_id, phone_number_id, direction, "from", "to", status, started_at, answered_at,
    ended_at, duration, price, price_unit, recording_sid, recording_url, recording_duration, answered_by,
    end_reason, error_code, rule_version
  FROM twilio_call_logs WHERE id = ?]]

--- Whose calls a user may see.
call_log.owners = sources.owners
call_log.CLOSED = sources.CLOSED

---@param user_id string
---@param f table filters: before {at, id}, call_sid, from, to, number, matching (models.callers), status,
--- direction, end_reason, outcome, start_date, end_date (milliseconds), limit, offset
---@return table[]
function call_log.list(user_id, f)
  local rows = {}
  for position, id in ipairs(pages.read(sources.of(user_id, f), f)) do
    rows[position] = shown(db:one(ROW, id))
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

--- Totals of a span of time; both bounds in milliseconds, the second excluded.
---@param user_id string
---@param from integer
---@param to integer
---@return table
function call_log.stats(user_id, from, to)
  local stats = totals.of(user_id, from, to)
  stats.calls_not_yet_priced, stats.unpriced = stats.unpriced, nil
  stats.from, stats.to, stats.costs = from, to, json.array()
  for position, sum in ipairs(totals.costs(user_id, from, to)) do
    stats.costs[position] = { cost = math.abs(sum.millionths) / 1000000,
      price_unit = sum.price_unit ~= "" and sum.price_unit or nil }
  end
  if #stats.costs < 2 then
    local only = stats.costs[1] or { cost = 0 }
    stats.cost, stats.price_unit = only.cost, only.price_unit
  end
  return stats
end

--- Counts by the days and the hours of the day of a zone (calls/report/by_day.lua).
---@param user_id string
---@param span { from: integer, to: integer, zone: string } milliseconds, the second excluded
---@return { days: table[], hours: table[] }
function call_log.by_clock(user_id, span)
  local found, from = { days = {}, hours = {} }, span.from
  while from < span.to do
    local change = tz.next_change(span.zone, from // 1000) or math.maxinteger // 1000
    local to = math.min(change * 1000, span.to)
    local offset = tz.local_time(span.zone, from // 1000).offset * 1000
    local days, hours = totals.by_clock(user_id, from, to, offset)
    table.move(days, 1, #days, #found.days + 1, found.days)
    table.move(hours, 1, #hours, #found.hours + 1, found.hours)
    from = to
  end
  return found
end

return call_log
