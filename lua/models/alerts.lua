-- models.alerts: things somebody should look at; one row a cause, not one a call.

local db = require("db")

local alerts = {}

local RAISE = [[
  INSERT INTO alerts AS a (kind, subject, detail, first_at, last_at) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (kind, subject) DO UPDATE SET detail = excluded.detail, last_at = excluded.last_at,
    count = a.count + 1, closed_at = NULL]]

--- The statement that raises an alert or counts it once more.
---@param kind string stable word: rule_failed, bad_target, leak …
---@param subject string what it is about: a rule's name, a phone number
---@param detail string a sentence for people
---@param at integer milliseconds
---@return table
function alerts.raise(kind, subject, detail, at)
  return table.pack(RAISE, kind, subject, detail, at, at)
end

--- The open alerts, newest first.
---@return table[]
function alerts.open()
  return db:query("SELECT * FROM alerts WHERE closed_at IS NULL ORDER BY last_at DESC LIMIT 100")
end

return alerts
