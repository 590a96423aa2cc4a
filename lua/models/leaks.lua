-- models.leaks: forwarded calls that a mobile's own mailbox probably took.
--
-- A phone that picks up and does not press 1 is one, unless another key was
-- pressed: mailboxes press none. So is a connected call of a few seconds.

local db = require("db")
local scope = require("hookswitch.scope")

local leaks = {}

leaks.SECONDS = 8 -- shorter than this, a talk is suspicious

-- Dials that were picked up, one row each. Of a group that rings together the
-- leg that answered says which phone it was; where none did, nobody knows.
local PICKED_UP = [[
  SELECT COALESCE(leg."to", s.target) AS target, s.at, s.call_sid,
    CASE WHEN s.outcome = 'declined' THEN 1 ELSE 0 END AS declined,
    CASE WHEN s.outcome <> 'declined' THEN CASE WHEN s.dial_duration < ? THEN 1 ELSE 0 END
      WHEN EXISTS (SELECT 1 FROM call_steps AS k
        WHERE k.call_sid = s.call_sid AND k.n = s.n AND k.leg = 'screened') THEN 0 ELSE 1 END AS leaked
  FROM call_steps AS s
  JOIN twilio_call_logs AS c ON c.call_sid = s.call_sid
  LEFT JOIN twilio_call_logs AS leg ON leg.call_sid = s.dial_call_sid
  WHERE s.leg IN ('fwd', 'simulring') AND s.outcome IN ('forwarded', 'answered', 'declined')
    AND s.at >= ? AND s.at < ? AND ]]

local BY_TARGET = [[
  SELECT p.target, COUNT(*) AS answered, SUM(p.leaked) AS leaked, SUM(p.declined) AS declined,
    MAX(CASE WHEN p.leaked = 1 THEN p.at END) AS last_at
  FROM (]] .. PICKED_UP .. [[{whose}) AS p
  WHERE p.target LIKE '+%' AND p.target NOT LIKE '% %'
  GROUP BY p.target ORDER BY leaked DESC, answered DESC, p.target LIMIT 200]]

local LAST = [[
  SELECT p.call_sid FROM (]] .. PICKED_UP .. [[{whose}) AS p
  WHERE p.target = ? AND p.at = ? AND p.leaked = 1 ORDER BY p.call_sid LIMIT 1]]

local function statements(whose)
  return { by_target = BY_TARGET:gsub("{whose}", whose), last = LAST:gsub("{whose}", whose) }
end

local SCOPED = statements(scope "{owned:c}")
local ANYBODYS = statements "(? IS NULL OR c.user_id = ?)"

local function read(sql, f, ...)
  local rows = db:query(sql.by_target, f.seconds, f.from, f.to, ...)
  for _, row in ipairs(rows) do
    row.share = row.leaked / row.answered
    if row.last_at then
      local values = table.pack(f.seconds, row.last_at, row.last_at + 1, ...)
      values[values.n + 1], values[values.n + 2] = row.target, row.last_at
      row.last_call_sid = db:one(sql.last, table.unpack(values, 1, values.n + 2)).call_sid
    end
  end
  return rows
end

---@class LeakFilter
---@field from integer milliseconds
---@field to integer milliseconds, excluded
---@field seconds integer a talk shorter than this counts as taken by a mailbox

--- Phones that picked up forwarded calls, those with most leaks first.
---@param user_id string
---@param f LeakFilter
---@return { target: string, answered: integer, leaked: integer, declined: integer, share: number,
--- last_at: integer?, last_call_sid: string? }[]
function leaks.list(user_id, f)
  return read(SCOPED, f, user_id)
end

--- The same of everybody, or of one user: for commands.
---@param user_id string?
---@param f LeakFilter
---@return table[]
function leaks.everybody(user_id, f)
  return read(ANYBODYS, f, user_id, user_id)
end

return leaks
