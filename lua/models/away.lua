-- models.away: which users are away, and until when.

local db = require("db")
local etag = require("hookswitch.etag")
local memo = require("hookswitch.memo")
local rows = require("models.rows")
local scope = require("hookswitch.scope")

local away = {}

--- All users' absences, including past ones; for webhooks.
---@type fun(key: "all"): table<string, integer> user id -> milliseconds, whole seconds
away.ends = memo(function()
  local ends = {}
  for _, row in ipairs(db:query("SELECT user_id, ends_at FROM away")) do ends[row.user_id] = row.ends_at end
  return ends
end)

--- Until when a user is away.
---@param user_id string
---@param at integer milliseconds
---@return integer? ends_at milliseconds; nil: there
function away.of(user_id, at)
  local ends_at = away.ends("all")[user_id]
  return ends_at and ends_at > at and ends_at or nil
end

local LEAVE = [[
  INSERT INTO away (user_id, ends_at, updated_at) VALUES (?, ?, ?)
  ON CONFLICT (user_id) DO UPDATE SET ends_at = excluded.ends_at, updated_at = excluded.updated_at
  RETURNING user_id, ends_at]]
local COME_BACK = "DELETE FROM away WHERE user_id = ? RETURNING user_id, ends_at"

--- Set until when a user is away, or that they are back.
---@param user_id string
---@param ends_at integer? milliseconds, a whole second; nil: back
---@param at integer milliseconds: now
---@return table? row user_id and ends_at; nil: was there anyway
function away.set(user_id, ends_at, at)
  if ends_at then
    return db:one(LEAVE, user_id, ends_at, at)
  end
  local row = db:one(COME_BACK, user_id)
  return row and row.ends_at > at and row or nil
end

local GET = scope "SELECT user_id, ends_at FROM away WHERE {owned} AND user_id = ? AND ends_at > ?"

--- The absence of someone whom a user may see.
---@param user_id string who asks
---@param id string who is away
---@param at integer milliseconds
---@return table? row stamped; nil: not away, or not seen
function away.get(user_id, id, at)
  local row = db:one(GET, user_id, id, at)
  return row and etag.stamp(row)
end

--- End it.
---@param user_id string who asks
---@param id string who is away
---@param agree fun(row: table) raises when it may not be ended
---@param at integer milliseconds
---@return table? row as it was; nil: there is none
function away.finish(user_id, id, agree, at)
  return rows.guarded(function() return away.get(user_id, id, at) end, agree, function(row)
    return db:one(COME_BACK, id) and row
  end)
end

return away
