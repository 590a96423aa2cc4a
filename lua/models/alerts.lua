-- models.alerts: things that need attention; one row per cause, not per call.

local db = require("db")
local etag = require("hookswitch.etag")
local rows = require("models.rows")
local scope = require("hookswitch.scope")

local alerts = {}

-- The order in which reports arrive doesn't matter: the newest says why, and one from before the alert was
-- closed doesn't reopen it.
local AGAIN = [[
  ON CONFLICT (user_id, kind, subject) DO UPDATE SET count = a.count + 1,
    detail = CASE WHEN excluded.last_at > a.last_at
        OR excluded.last_at = a.last_at AND excluded.detail > a.detail
      THEN excluded.detail ELSE a.detail END,
    first_at = CASE WHEN excluded.first_at < a.first_at THEN excluded.first_at ELSE a.first_at END,
    last_at = CASE WHEN excluded.last_at > a.last_at THEN excluded.last_at ELSE a.last_at END,
    closed_at = CASE WHEN a.closed_at > excluded.last_at THEN a.closed_at END]]

--- The statement that raises what a SELECT finds, for a webhook's batch: a fact that raises one is looked for
--- before it is stored, so that a batch that runs twice raises it once.
---@param select string of user_id, kind, subject, detail and twice the time; it has a WHERE
---@return string
function alerts.statement(select)
  return "INSERT INTO alerts AS a (user_id, kind, subject, detail, first_at, last_at) " .. select .. AGAIN
end

local RAISE = alerts.statement("VALUES (?, ?, ?, ?, ?, ?)")

--- The statement that raises an alert or counts it once more.
---@param user_id string? whom it concerns; nil: all users
---@param kind string stable word: rule_failed, bad_target, leak …
---@param subject string what it is about: a rule's name, a phone number
---@param detail string a sentence for people
---@param at integer milliseconds
---@return table
function alerts.raise(user_id, kind, subject, detail, at)
  return table.pack(RAISE, user_id or "", kind, subject, detail, at, at)
end

-- What a webhook stores besides its alert.
local NEW = {
  decision = "NOT EXISTS (SELECT 1 FROM call_decisions WHERE call_sid = ?)",
  step = "NOT EXISTS (SELECT 1 FROM call_steps WHERE call_sid = ? AND n = ? AND leg = ?)",
}
local WITH = {}
for fact, condition in pairs(NEW) do
  WITH[fact] = alerts.statement([[SELECT CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT),
    CAST(? AS BIGINT), CAST(? AS BIGINT) WHERE ]] .. condition)
end

--- Put an alert before a webhook's statements: it is raised if what they store is new.
---@param batch table[]
---@param fact { [1]: "decision"|"step", [integer]: DbValue } the table and the key of what is stored
---@param alert { user_id: string?, kind: string, subject: string, detail: string, at: integer }
function alerts.add(batch, fact, alert)
  table.insert(batch, 1, table.pack(WITH[fact[1]], alert.user_id or "", alert.kind, alert.subject,
    alert.detail, alert.at, alert.at, table.unpack(fact, 2)))
end

local VISIBLE = "SELECT * FROM alerts WHERE ({owned} OR user_id = '')"

local LIST = scope(VISIBLE .. [[ AND (? = 1 OR closed_at IS NULL) AND (last_at < ? OR last_at = ? AND id < ?)
  ORDER BY last_at DESC, id DESC LIMIT ?]])
local NEWEST = { at = math.maxinteger, id = math.maxinteger }

--- The user's alerts and those for all users, newest first.
---@param user_id string
---@param with_closed boolean
---@param before { at: integer, id: integer }? where the page begins
---@param limit integer
---@return table[]
function alerts.list(user_id, with_closed, before, limit)
  local from = before or NEWEST
  local list = db:query(LIST, user_id, with_closed, from.at, from.at, from.id, limit)
  for _, row in ipairs(list) do
    etag.stamp(row)
  end
  return list
end

local GET = scope(VISIBLE .. " AND id = ?")

---@param user_id string
---@param id integer
---@return table? row also of one that is closed
function alerts.get(user_id, id)
  local row = db:one(GET, user_id, id)
  return row and etag.stamp(row)
end

local CLOSE = "UPDATE alerts SET closed_at = ? WHERE id = ? AND closed_at IS NULL RETURNING *"

--- Close an alert; it reopens if its cause happens again.
---@param user_id string
---@param id integer
---@param agree fun(row: table) raises when it may not be closed
---@param at integer milliseconds
---@return table? row nil: there is no open one
function alerts.close(user_id, id, agree, at)
  return rows.guarded(function() return alerts.get(user_id, id) end, agree, function()
    local row = db:one(CLOSE, at, id)
    return row and etag.stamp(row)
  end)
end

--- Is there an open alert for all users that says this?
---@param kind string
---@param subject string
---@param detail string
---@return boolean
function alerts.says(kind, subject, detail)
  return db:one("SELECT 1 AS found FROM alerts WHERE user_id = '' AND kind = ? AND subject = ? "
    .. "AND detail = ? AND closed_at IS NULL", kind, subject, detail) ~= nil
end

--- Close an alert for all users whose cause is gone.
---@param kind string
---@param subject string
---@param at integer milliseconds
function alerts.settle(kind, subject, at)
  db:exec("UPDATE alerts SET closed_at = ? WHERE user_id = '' AND kind = ? AND subject = ? "
    .. "AND closed_at IS NULL", at, kind, subject)
end

local OF_HOSTS = [[
  UPDATE alerts SET closed_at = ? WHERE kind IN ('rules_refused', 'rules_unwritten') AND closed_at IS NULL
    AND last_at < ? AND subject <> ? AND subject NOT IN (SELECT name FROM hosts)]]
local ONE_HOST = "The Lua files" -- as the only host of a file names itself (host/server/release/reload.c)
local ARRIVING_MS = 10 * 60 * 1000 -- a host that has just come may not be listed yet

--- Close what a host that is gone said of itself: it would stay open for good. So would what the only host
--- of a file said before the file was copied to a database for several, and the other way round.
---@param at integer milliseconds
---@return integer count
function alerts.of_gone_hosts(at)
  return db:exec(OF_HOSTS, at, at - ARRIVING_MS, db:host() and "" or ONE_HOST)
end

return alerts
