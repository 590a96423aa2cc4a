-- models.call_log: the calls people look at: lists, one call, statistics.
--
-- models.calls writes the rows and answers what a webhook asks; here they are
-- read for people. A call is a row without a parent.

local db = require("db")
local judgement = require("calls.judgement")
local pages = require("models.pages")
local scope = require("hookswitch.scope")
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

-- The same of a whole row, without what only the engine needs.
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

local CALLS = "twilio_call_logs WHERE parent_call_sid IS NULL AND "
local UNDER_WAY = { queued = true, initiated = true, ringing = true, ["in-progress"] = true }
local OPEN = "status IN ('queued', 'initiated', 'ringing', 'in-progress')"
-- As the indexes have it.
local CLOSED = "status <> 'queued' AND status <> 'initiated' AND status <> 'ringing' "
  .. "AND status <> 'in-progress'"
call_log.CLOSED = CLOSED

-- The kinds of calls there are, as the index twilio_call_logs_kind has them.
local KINDS = pages.kinds(CALLS .. CLOSED,
  { "COALESCE(user_id, '')", "direction", "status", "COALESCE(end_reason, '')" })
local OWNERS = pages.kinds(CALLS .. CLOSED, { "COALESCE(user_id, '')" })

local ALL = pages.sql("SELECT id, started_at FROM " .. CALLS .. scope("{owned}"))

-- Few calls: what else is asked is looked up in their rows.
local function some(conditions, rows)
  return pages.sql("SELECT id, started_at FROM " .. (rows or CALLS) .. conditions .. [[
    AND (? IS NULL OR "from" = ?) AND (? IS NULL OR "to" = ?) AND (? IS NULL OR "from" = ? OR "to" = ?)
    AND (? IS NULL OR status = ?) AND (? IS NULL OR direction = ?) AND (? IS NULL OR end_reason = ?)]])
end
local FROM = some('user_id = ? AND "from" = ?')
local TO = some(CLOSED .. ' AND user_id = ? AND "to" = ?')
local BEGUN = some(OPEN .. " AND " .. scope("{owned}") .. " AND started_at >= ?")
-- SQLite begins a cross join with its first table, which is the short one.
local STRAGGLERS = some(OPEN .. " AND " .. scope("{owned}") .. " AND ? IS NOT NULL", [[
  (SELECT c.* FROM call_stragglers AS s CROSS JOIN twilio_call_logs AS c WHERE c.id = s.id) AS c WHERE ]])

local function owner(user_id)
  return not scope.is_team and user_id or nil
end

--- Whose calls a user may see.
---@param user_id string
---@return string[]
function call_log.owners(user_id)
  local list = {}
  for position, one in ipairs(OWNERS.sources { owner(user_id) }) do
    list[position] = one.values[1]
  end
  return list
end

local function add(list, f, sql, first, second)
  list[#list + 1] = { sql = sql, values = table.pack(first, second, f.from, f.from, f.to, f.to, f.number,
    f.number, f.number, f.status, f.status, f.direction, f.direction, f.end_reason, f.end_reason) }
end

-- A number has few calls, whichever side it is on.
local function add_number(list, user_id, f)
  for _, whose in ipairs(call_log.owners(user_id)) do
    if f.from or f.number then
      add(list, f, FROM, whose, f.from or f.number)
    end
    if f.number and not f.from or f.to and not f.from then
      add(list, f, TO, whose, f.to or f.number)
    end
  end
end

-- Where the calls that match are found; together these have all of them.
local function sources(user_id, f)
  local by_number = f.from or f.to or f.number
  if not (by_number or f.status or f.direction or f.end_reason) then
    return { { sql = ALL, values = { user_id, n = 1 } } }
  end
  local list = {}
  if by_number then
    add_number(list, user_id, f)
  elseif not UNDER_WAY[f.status] then
    list = KINDS.sources { owner(user_id), f.direction, f.status, f.end_reason }
  end
  if not f.status or UNDER_WAY[f.status] then
    add(list, f, BEGUN, user_id, totals.counted_to())
    add(list, f, STRAGGLERS, user_id, 0)
  end
  return list
end

---@param user_id string
---@param f table filters: before {at, id}, from, to, number, status, direction, end_reason, start_date,
--- end_date (milliseconds), limit, offset
---@return table[]
function call_log.list(user_id, f)
  local rows = {}
  for position, id in ipairs(pages.read(sources(user_id, f), f)) do
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

--- Totals of a span of time; both bounds in milliseconds, the second excluded.
---@param user_id string
---@param from integer
---@param to integer
---@return table
function call_log.stats(user_id, from, to)
  local stats = totals.of(user_id, from, to)
  stats.cost = math.abs(stats.millionths) / 1000000
  stats.calls_not_yet_priced, stats.from, stats.to = stats.unpriced, from, to
  stats.millionths, stats.unpriced = nil, nil
  return stats
end

local HOUR, QUARTER = 3600, 900 -- seconds

-- Stretches that lie in one hour of a zone, whatever its offset is: hours, but where clocks change by less.
local function stretch(from, to, zone)
  local first = tz.local_time(zone, from // 1000).offset % HOUR
  local at = tz.next_change(zone, from // 1000)
  while at and at * 1000 < to do
    if tz.local_time(zone, at).offset % HOUR ~= first then
      return QUARTER, 0
    end
    at = tz.next_change(zone, at)
  end
  return HOUR, first
end

--- The same counts for each stretch of time that had a call and lies within an hour of a zone:
--- { quarter = its first quarter of an hour with a call, … }.
---@param user_id string
---@param span { from: integer, to: integer, zone: string } milliseconds, the second excluded
---@return table[]
function call_log.stretches(user_id, span)
  local step, offset = stretch(span.from, span.to, span.zone)
  return totals.by_time(user_id, span.from, span.to, step * 1000, offset * 1000)
end

return call_log
