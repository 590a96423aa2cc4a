-- models.overrides: "all calls to X until 15:00", ending by themselves.

local db = require("db")
local memo = require("hookswitch.memo")
local scope = require("hookswitch.scope")

local overrides = {}

-- Those that end last: what is over does not push out what is in force.
local OF_USER = scope "SELECT * FROM overrides WHERE {owned} ORDER BY ends_at DESC, id DESC LIMIT 100"

local of_user = memo(function(user_id)
  return db:query(OF_USER, user_id)
end)

--- The override in force for a number, the newest first.
---@param user_id string
---@param phone_number_id integer
---@param at integer milliseconds
---@return table?
function overrides.active(user_id, phone_number_id, at)
  local newest
  for _, row in ipairs(of_user(user_id)) do
    local covers = row.phone_number_id == nil or row.phone_number_id == phone_number_id
    if covers and row.starts_at <= at and at < row.ends_at and (not newest or row.id > newest.id) then
      newest = row
    end
  end
  return newest
end

local LIST = scope "SELECT * FROM overrides WHERE {owned} AND ends_at > ? ORDER BY starts_at, id LIMIT 100"

--- Those that are in force or will be.
---@param user_id string
---@param at integer milliseconds
---@return table[]
function overrides.list(user_id, at)
  return db:query(LIST, user_id, at)
end

--- Everybody's, for commands.
---@param at integer milliseconds
---@return table[]
function overrides.all(at)
  return db:query([[
    SELECT o.*, n.phone_number, n.timezone FROM overrides AS o
    LEFT JOIN user_phone_numbers AS n ON n.id = o.phone_number_id
    WHERE o.ends_at > ? ORDER BY o.starts_at, o.id]], at)
end

local CREATE = [[
  INSERT INTO overrides (user_id, phone_number_id, forward_to_number, ring_timeout, note, starts_at, ends_at,
    created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *]]

---@param user_id string
---@param o table phone_number_id, forward_to_number, ring_timeout, note, starts_at, ends_at
---@param at integer milliseconds
---@return table row
function overrides.create(user_id, o, at)
  return db:one(CREATE, user_id, o.phone_number_id, o.forward_to_number, o.ring_timeout, o.note, o.starts_at,
    o.ends_at, at)
end

-- What the call log refers to stays: an override that has begun ends now.
local CANCEL = scope "DELETE FROM overrides WHERE {owned} AND id = ? AND starts_at > ?"
local END = scope "UPDATE overrides SET ends_at = ? WHERE {owned} AND id = ? AND ends_at > ?"

--- End an override, or cancel one that has not begun.
---@param user_id string
---@param id integer
---@param at integer milliseconds
---@return boolean whether there was one
function overrides.finish(user_id, id, at)
  return db:transaction(function()
    return db:exec(CANCEL, user_id, id, at) > 0 or db:exec(END, at, user_id, id, at) > 0
  end)
end

return overrides
