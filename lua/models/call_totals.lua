-- models.call_totals: sums over the call log that don't grow slower with it.
--
--   totals.of(user_id, from, to)           the sums of a span
--   totals.costs(user_id, from, to)        what its calls and their legs cost, by currency
--   totals.by_clock(user_id, from, to, offset)  counts of each day, and hour of the day, as clocks show them
--   totals.by_number(user_id, from, to)    the same for each number
--   totals.everyones(since)                how many calls all users had
--   totals.advance(at)                     maintenance: counts what began some time ago
--
-- The schema keeps the sums of quarters of an hour, half hours, hours and days of everything
-- that began before call_totals_state.counted_to (schema/0011_totals.sql, 0029_half_hours.sql,
-- 0032_currencies.sql); what began later, and what is left over at both ends of a span, is read from the
-- calls themselves.

local db = require("db")
local scope = require("hookswitch.scope")

local totals = {}

local QUARTER, HALF, HOUR, DAY = 900 * 1000, 1800 * 1000, 3600 * 1000, 24 * 3600 * 1000
local SETTLED = 2 * QUARTER -- calls that began longer ago rarely change
local CHUNK = 5000 -- calls counted by one transaction

local NAMES = {
  "calls", "inbound", "outbound", "answered", "voicemail", "missed", "talk_seconds", "unpriced",
}

local function columns(format)
  local list = {}
  for position, name in ipairs(NAMES) do
    list[position] = format:gsub("@", name)
  end
  return table.concat(list, ", ")
end
local COUNTS = columns("@")
local SUMS = columns("COALESCE(SUM(@), 0) AS @")
local MONEY = "COALESCE(price_unit, '') AS price_unit, millionths"

-- The calls, then the legs: each has an index by time.
local function rows(what)
  local half = "SELECT started_at AS start, phone_number_id, " .. what
    .. " FROM call_counts WHERE {owned} AND started_at >= ? AND started_at < ? AND parent_call_sid "
  return scope(half .. "IS NULL UNION ALL " .. half .. "IS NOT NULL")
end
local OWNER = scope.is_team and "user_id = '' AND ? IS NOT NULL" or "user_id = ?"
local SPAN = "SELECT start, phone_number_id, " .. COUNTS .. " FROM call_totals WHERE " .. OWNER
  .. " AND phone_number_id = 0 AND span = ? AND start >= ? AND start < ?"
local SPENT = "SELECT start, 0 AS phone_number_id, " .. MONEY .. " FROM call_costs WHERE " .. OWNER
  .. " AND span = ? AND start >= ? AND start < ?"
-- A team's numbers may have belonged to several users, one after the other.
local OWNERS = scope.is_team and [[user_id IN (
    WITH RECURSIVE u(id) AS (SELECT MIN(user_id) FROM call_totals WHERE user_id > ''
      UNION ALL SELECT (SELECT MIN(user_id) FROM call_totals WHERE user_id > u.id) FROM u
        WHERE u.id IS NOT NULL)
    SELECT id FROM u) AND ? IS NOT NULL]] or "user_id = ?"
local NUMBER_SPAN = "SELECT start, phone_number_id, " .. COUNTS .. " FROM call_totals WHERE " .. OWNERS
  .. " AND phone_number_id IN (SELECT id FROM user_phone_numbers) AND span = ? AND start >= ? AND start < ?"

local SIDES = rows(COUNTS)

local function parts(sides, span)
  return "(" .. table.concat({ sides, span, span, span, sides }, " UNION ALL ") .. ") AS p"
end
local TOTAL = "SELECT " .. SUMS .. " FROM " .. parts(SIDES, SPAN)
local COSTS = "SELECT price_unit, SUM(millionths) AS millionths FROM " .. parts(rows(MONEY), SPENT)
  .. " GROUP BY price_unit HAVING SUM(millionths) <> 0 ORDER BY price_unit"
local BY_NUMBER = "SELECT phone_number_id AS id, " .. SUMS .. " FROM " .. parts(SIDES, NUMBER_SPAN)
  .. " WHERE phone_number_id IS NOT NULL GROUP BY phone_number_id"
local COUNTED = {}
for position = 1, 7 do -- without `unpriced`
  COUNTED[position] = ("SUM(%s) AS %s"):format(NAMES[position], NAMES[position])
end
local function by_unit(unit)
  return ("SELECT %s AS unit, %s FROM (%s) AS p GROUP BY 1"):format(unit, table.concat(COUNTED, ", "),
    table.concat({ SIDES, SPAN, SIDES }, " UNION ALL "))
end
local BY_DAY, BY_HOUR = by_unit("(start + ?) / 86400000"), by_unit("(start + ?) / 3600000 % 24")

local function round_up(at, step)
  return -(-at // step) * step
end

-- Where whole units begin and end within [first, last]; nothing if there are none.
local function whole(first, last, step)
  local begins, ends = round_up(first, step), last // step * step
  if begins > ends then
    return first, first
  end
  return begins, ends
end

--- From when on calls aren't counted yet.
---@return integer milliseconds
function totals.counted_to()
  return db:one("SELECT counted_to FROM call_totals_state").counted_to
end

-- The part of a span that is counted, in whole units.
local function counted(from, to, unit)
  return whole(from, math.max(from, math.min(to, totals.counted_to())), unit)
end

-- Parameters of all parts: rows, small units, large units, small units, rows.
local function all_parts(user_id, from, to, small, large)
  local first, last = counted(from, to, small)
  local begins, ends = whole(first, last, large)
  return user_id, from, first, user_id, from, first, user_id, small, first, begins,
    user_id, large, begins, ends, user_id, small, ends, last, user_id, last, to, user_id, last, to
end

---@class CallTotals
---@field calls integer
---@field inbound integer
---@field outbound integer
---@field answered integer
---@field voicemail integer
---@field missed integer
---@field talk_seconds integer
---@field unpriced integer calls and legs whose price Twilio has not told yet

--- The sums of a span.
---@param user_id string
---@param from integer milliseconds
---@param to integer milliseconds, excluded
---@return CallTotals
function totals.of(user_id, from, to)
  return db:one(TOTAL, all_parts(user_id, from, math.max(from, to), QUARTER, HOUR))
end

--- What the calls of a span and their legs cost, in millionths: negative where money was spent.
---@param user_id string
---@param from integer milliseconds
---@param to integer milliseconds, excluded
---@return { price_unit: string, millionths: integer }[] by currency; '' if Twilio didn't name it
function totals.costs(user_id, from, to)
  return db:query(COSTS, all_parts(user_id, from, math.max(from, to), QUARTER, HOUR))
end

--- The sums of each number's calls, by the number's id.
---@param user_id string
---@param from integer milliseconds
---@param to integer milliseconds, excluded
---@return table<integer, CallTotals>
function totals.by_number(user_id, from, to)
  local by_id = {}
  for _, row in ipairs(db:query(BY_NUMBER, all_parts(user_id, from, math.max(from, to), HOUR, DAY))) do
    by_id[row.id], row.id = row, nil
  end
  return by_id
end

--- Counts by what clocks show that are not changed in a span.
---@param user_id string
---@param from integer milliseconds
---@param to integer milliseconds, excluded
---@param offset integer milliseconds that the clocks are ahead of UTC: whole quarters of an hour
---@return table[] days { unit = days since 1970, calls =, inbound =, … }, of those that had a call
---@return table[] hours the same, with the hour of the day
function totals.by_clock(user_id, from, to, offset)
  local unit = offset % HOUR == 0 and HOUR or offset % HALF == 0 and HALF or QUARTER
  local first, last = counted(from, to, unit)
  local function ask(sql)
    return db:query(sql, offset, user_id, from, first, user_id, from, first, user_id, unit, first, last,
      user_id, last, to, user_id, last, to)
  end
  return ask(BY_DAY), ask(BY_HOUR)
end

--- How many calls everyone had since a moment, to a quarter of an hour.
---@param since integer milliseconds
---@return integer
function totals.everyones(since)
  return db:one([[
    SELECT (SELECT COALESCE(SUM(calls), 0) FROM call_totals
        WHERE user_id = '' AND phone_number_id = 0 AND span = ? AND start >= ? AND start < t.counted_to)
      + (SELECT COUNT(*) FROM twilio_call_logs
          WHERE parent_call_sid IS NULL AND started_at >= t.counted_to) AS n
    FROM call_totals_state AS t]], QUARTER, since // QUARTER * QUARTER).n
end

local REACHED = [[
  SELECT started_at AS at FROM twilio_call_logs WHERE parent_call_sid IS NULL AND started_at >= ?
  ORDER BY started_at LIMIT 1 OFFSET ?]]
local function add(which)
  return "INSERT INTO call_totals SELECT user_id, phone_number_id, span, start, " .. columns("SUM(@)")
    .. " FROM call_shares WHERE started_at >= ? AND started_at < ? AND parent_call_sid "
    .. which .. " GROUP BY user_id, phone_number_id, span, start"
    .. " ON CONFLICT (user_id, phone_number_id, span, start) DO UPDATE SET "
    .. columns("@ = call_totals.@ + excluded.@")
end
local function add_costs(which)
  return "INSERT INTO call_costs SELECT user_id, span, start, COALESCE(price_unit, ''), SUM(millionths)"
    .. " FROM call_shares WHERE started_at >= ? AND started_at < ? AND parent_call_sid " .. which
    .. " AND phone_number_id = 0 AND millionths <> 0 GROUP BY user_id, span, start, COALESCE(price_unit, '')"
    .. " ON CONFLICT (user_id, span, start, price_unit)"
    .. " DO UPDATE SET millionths = call_costs.millionths + excluded.millionths"
end
-- The calls, then the legs.
local ADDITIONS = { add("IS NULL"), add("IS NOT NULL"), add_costs("IS NULL"), add_costs("IS NOT NULL") }

local OPEN = "('queued', 'initiated', 'ringing', 'in-progress')"
local LEFT_OPEN = "INSERT INTO call_stragglers (id) SELECT id FROM twilio_call_logs "
  .. "WHERE parent_call_sid IS NULL AND started_at >= ? AND started_at < ? AND status IN " .. OPEN
  .. " ON CONFLICT (id) DO NOTHING"
local ENDED = "DELETE FROM call_stragglers WHERE id NOT IN (SELECT s.id FROM call_stragglers AS s "
  .. "JOIN twilio_call_logs AS c ON c.id = s.id WHERE c.status IN " .. OPEN .. ")"

--- Count calls that began some time ago, a few thousand at once.
---@param at integer milliseconds
---@return boolean more
function totals.advance(at)
  local goal = (at - SETTLED) // QUARTER * QUARTER
  if totals.counted_to() >= goal then
    return false
  end
  return db:transaction(function()
    local from = totals.counted_to()
    if from >= goal then
      return false
    end
    local reached = db:one(REACHED, from, CHUNK)
    local to = reached and math.max(from + QUARTER, reached.at // QUARTER * QUARTER) or goal
    to = math.min(to, goal)
    for _, sql in ipairs(ADDITIONS) do
      db:exec(sql, from, to)
    end
    db:exec(LEFT_OPEN, from, to)
    db:exec("UPDATE call_totals_state SET counted_to = ?", to)
    db:exec(ENDED)
    return to < goal
  end)
end

return totals
