-- models.dial_totals: forwarded calls that were picked up, by phone, in sums that stay fast with a long log.
--
--   totals.by_phone(user_id, from, to, seconds)    what phones did with the calls forwarded to them
--   totals.last_leak(user_id, row, seconds)        the last call a phone's own voicemail answered
--   totals.advance(at)                             maintenance: sums up a day
--   totals.drop(digits)                            sums up again the days that name a number
--
-- The schema keeps the sums of whole days and drops a day of which something
-- changes (schema/0014_dials.sql). What no such day covers is read from the steps.

local db = require("db")

local totals = {}

local DAY = 24 * 3600 * 1000
local SETTLED = 6 * 3600 * 1000 -- dials that are older rarely change

-- A dial that was picked up, with `talk` as in the schema. If several phones rang together, the leg that
-- answered says which; without one it isn't known. A forgotten number is all zeros.
local PICKED_UP = [[
  SELECT COALESCE(c.user_id, '') AS user_id, COALESCE(leg."to", s.target) AS target, s.at, s.call_sid,
    CASE WHEN s.outcome = 'declined' THEN 1 ELSE 0 END AS declined,
    CASE WHEN s.outcome <> 'declined' THEN CASE WHEN s.dial_duration < 120 THEN s.dial_duration ELSE 120 END
      WHEN EXISTS (SELECT 1 FROM call_steps AS k
        WHERE k.call_sid = s.call_sid AND k.n = s.n AND k.leg = 'screened') THEN 120 ELSE -1 END AS talk
  FROM call_steps AS s
  JOIN twilio_call_logs AS c ON c.call_sid = s.call_sid
  LEFT JOIN twilio_call_logs AS leg ON leg.call_sid = s.dial_call_sid
  WHERE s.leg IN ('fwd', 'simulring') AND s.outcome IN ('forwarded', 'answered', 'declined')
    AND s.at >= ? AND s.at < ?]]
local DIALS = "(" .. PICKED_UP
  .. ") AS p WHERE p.target LIKE '+%' AND p.target NOT LIKE '+0%' AND p.target NOT LIKE '% %'"

local function sums(dials, last_at)
  return ([[SELECT p.target, SUM(%s) AS answered, SUM(CASE WHEN p.talk < ? THEN %s ELSE 0 END) AS leaked,
    SUM(CASE WHEN p.declined = 1 THEN %s ELSE 0 END) AS declined,
    MAX(CASE WHEN p.talk < ? THEN %s END) AS last_at FROM ]]):format(dials, dials, dials, last_at)
end
-- All users' days, one user after the other.
local EACH_USER = [[ AND p.user_id IN (
  WITH RECURSIVE u(id) AS (SELECT MIN(user_id) FROM dial_totals
    UNION ALL SELECT (SELECT MIN(user_id) FROM dial_totals WHERE user_id > u.id) FROM u
      WHERE u.id IS NOT NULL)
  SELECT id FROM u)]]

-- A day's rows of a phone lie side by side in the index; only the sums of days are sorted by phone.
local PHONES = [[SELECT d.target, SUM(d.answered) AS answered, SUM(d.leaked) AS leaked,
  SUM(d.declined) AS declined, MAX(d.last_at) AS last_at FROM (%s) AS d GROUP BY d.target]]

-- The statements for one user's calls, and for everybody's.
local function statements(mine, of_days)
  return {
    days = PHONES:format(sums("p.dials", "p.last_at") .. "dial_totals AS p WHERE p.day >= ? AND p.day < ?"
      .. of_days .. " GROUP BY p.user_id, p.day, p.target"),
    dials = sums("1", "p.at") .. DIALS .. mine .. " GROUP BY p.target",
    last = "SELECT p.call_sid FROM " .. DIALS .. mine
      .. " AND p.target = ? AND p.talk < ? ORDER BY p.call_sid LIMIT 1",
  }
end
local ONE, ALL = statements(" AND p.user_id = ?", " AND p.user_id = ?"), statements("", EACH_USER)

-- Runs a statement of one user's calls with the user among its parameters, or that of everybody's without.
local function ask(name, user_id, values, more)
  local sql = user_id and ONE[name] or ALL[name]
  values[#values + 1] = user_id
  table.move(more, 1, #more, #values + 1, values)
  return db:query(sql, table.unpack(values))
end

local READY = "SELECT day FROM dial_days WHERE ready = 1 AND day >= ? AND day <= ? ORDER BY day"

-- visit(name of the statement, from, to) for the stretches of a span, which lie side by side.
local function stretches(from, to, visit)
  local begun, reached = from, from -- days that are summed up
  local function close()
    if reached > begun then
      visit("days", begun, reached)
    end
  end
  for _, row in ipairs(db:query(READY, from, to - DAY)) do
    if row.day ~= reached then
      close()
      visit("dials", reached, row.day)
      begun = row.day
    end
    reached = row.day + DAY
  end
  close()
  if reached < to then
    visit("dials", reached, to)
  end
end

local function add(sum, row)
  sum.answered, sum.leaked = sum.answered + row.answered, sum.leaked + row.leaked
  sum.declined = sum.declined + row.declined
  sum.last_at = row.last_at and math.max(row.last_at, sum.last_at or row.last_at) or sum.last_at
end

---@class DialTotals
---@field target string the phone
---@field answered integer dials that it picked up
---@field leaked integer of these, probably by its own voicemail
---@field declined integer of these without a 1 pressed
---@field last_at integer? milliseconds: of the last one that leaked

--- What phones did with the calls forwarded to them, in no particular order.
---@param user_id string? nil: of everybody's calls
---@param from integer milliseconds
---@param to integer milliseconds, excluded
---@param seconds integer a shorter talk was with a voicemail, at most 120
---@return DialTotals[]
function totals.by_phone(user_id, from, to, seconds)
  local by_target, list = {}, {}
  stretches(from, to, function(name, first, last)
    for _, row in ipairs(ask(name, user_id, { seconds, seconds, first, last }, {})) do
      if by_target[row.target] then
        add(by_target[row.target], row)
      else
        by_target[row.target], list[#list + 1] = row, row
      end
    end
  end)
  return list
end

--- The last call a phone's own voicemail answered.
---@param user_id string? nil: of everybody's calls
---@param row DialTotals with last_at
---@param seconds integer
---@return string? call_sid nil: it is deleted by now
function totals.last_leak(user_id, row, seconds)
  local found = ask("last", user_id, { row.last_at, row.last_at + 1 }, { row.target, seconds })[1]
  return found and found.call_sid
end

-- ---- maintenance ----

-- Days with dials, newest first, until one that isn't summed up.
local NEXT = [[
  WITH RECURSIVE d(day) AS (
    SELECT MAX(at) / 86400000 * 86400000 FROM call_steps WHERE leg IN ('fwd', 'simulring') AND at < ?
    UNION ALL SELECT (SELECT MAX(at) / 86400000 * 86400000 FROM call_steps
      WHERE leg IN ('fwd', 'simulring') AND at < d.day) FROM d WHERE d.day IS NOT NULL)
  SELECT day FROM d WHERE day IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM dial_days AS k WHERE k.day = d.day AND k.ready = 1)
  ORDER BY day DESC LIMIT 1]]
local BEGIN = "INSERT INTO dial_days (day, ready) VALUES (?, 0) ON CONFLICT (day) DO NOTHING"
local OF_DAY = "SELECT p.user_id, p.target, p.talk, p.declined, COUNT(*) AS dials, MAX(p.at) AS last_at FROM "
  .. DIALS .. " GROUP BY p.user_id, p.target, p.talk, p.declined"
local ADD = [[
  INSERT INTO dial_totals (user_id, day, target, talk, declined, dials, last_at)
  VALUES (?, ?, ?, ?, ?, ?, ?)]]
-- Does nothing if a dial has changed, or another process was faster, since BEGIN.
local END = "UPDATE dial_days SET ready = 1 WHERE day = ? AND ready = 0"

--- Sum up a day that isn't yet. Its dials are read before the database is locked.
---@param at integer milliseconds
---@return boolean more
function totals.advance(at)
  local next_day = db:one(NEXT, (at - SETTLED) // DAY * DAY)
  local day = next_day and next_day.day
  if not day then
    return false
  end
  db:exec(BEGIN, day)
  local rows = db:query(OF_DAY, day, day + DAY)
  db:transaction(function()
    if db:exec(END, day) == 0 then
      return
    end
    for _, row in ipairs(rows) do
      db:exec(ADD, row.user_id, day, row.target, row.talk, row.declined, row.dials, row.last_at)
    end
  end)
  return true
end

local DROP_DAYS = [[
  DELETE FROM dial_days WHERE day IN (SELECT day FROM dial_totals WHERE INSTR(target, ?) > 0)]]
local DROP = "DELETE FROM dial_totals WHERE day NOT IN (SELECT day FROM dial_days)"

--- Sum up again, later, the days that name a number. In a transaction.
---@param digits string
function totals.drop(digits)
  db:exec(DROP_DAYS, digits)
  db:exec(DROP)
end

return totals
