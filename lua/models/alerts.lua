-- models.alerts: things that need attention; one row per cause, not per call.

local db = require("db")
local etag = require("hookswitch.etag")
local rows = require("models.rows")
local scope = require("hookswitch.scope")

local alerts = {}

local RAISE = [[
  INSERT INTO alerts AS a (user_id, kind, subject, detail, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (user_id, kind, subject) DO UPDATE SET detail = excluded.detail, last_at = excluded.last_at,
    count = a.count + 1, closed_at = NULL]]

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

--- Close what was raised for all users: its cause is gone.
---@param kind string
---@param subject string
---@param at integer milliseconds
function alerts.settle(kind, subject, at)
  db:exec("UPDATE alerts SET closed_at = ? WHERE user_id = '' AND kind = ? AND subject = ? "
    .. "AND closed_at IS NULL", at, kind, subject)
end

return alerts
