-- models.overrides: "all calls to X until 15:00". An override ends on its own.

local db = require("db")
local etag = require("hookswitch.etag")
local memo = require("hookswitch.memo")
local rows = require("models.rows")
local scope = require("hookswitch.scope")

local overrides = {}

-- Those that end last, so that past ones don't push out active ones.
local KEPT = 100
local OF_USER = scope "SELECT * FROM overrides WHERE {owned} ORDER BY ends_at DESC, id DESC LIMIT ?"
local of_user = memo(function(user_id)
  return db:query(OF_USER, user_id, KEPT)
end)
local ACTIVE = scope [[
  SELECT * FROM overrides WHERE {owned} AND (phone_number_id IS NULL OR phone_number_id = ?)
    AND starts_at <= ? AND ends_at > ? ORDER BY id DESC LIMIT 1]]

--- The active override for a number: the newest, if there are several.
---@param user_id string
---@param phone_number_id integer
---@param at integer milliseconds
---@return table?
function overrides.active(user_id, phone_number_id, at)
  local newest
  local kept = of_user(user_id)
  if #kept == KEPT then -- there may be more
    return db:one(ACTIVE, user_id, phone_number_id, at, at)
  end
  for _, row in ipairs(kept) do
    local covers = row.phone_number_id == nil or row.phone_number_id == phone_number_id
    if covers and row.starts_at <= at and at < row.ends_at and (not newest or row.id > newest.id) then
      newest = row
    end
  end
  return newest
end

local NEXT = scope [[
  SELECT MIN(t.at) AS at FROM (SELECT starts_at AS at FROM overrides WHERE {owned} AND starts_at > ?
    UNION ALL SELECT ends_at FROM overrides WHERE {owned} AND ends_at > ?) AS t]]

--- When one of the user's overrides begins or ends next.
---@param user_id string
---@param at integer milliseconds
---@return integer? milliseconds nil: never
function overrides.next_change(user_id, at)
  return db:one(NEXT, user_id, at, user_id, at).at
end

-- Whether it is active depends on the clock, so that isn't part of the tag.
local function shown(row, at)
  if row then
    etag.stamp(row).in_force = row.starts_at <= at and at < row.ends_at
  end
  return row
end

local LIST = scope [[
  SELECT * FROM overrides WHERE {owned} AND ends_at > ? AND (starts_at > ? OR starts_at = ? AND id > ?)
  ORDER BY starts_at, id LIMIT ?]]
local FIRST = { at = math.mininteger, id = 0 }

--- Active and upcoming overrides, in the order in which they begin.
---@param user_id string
---@param at integer milliseconds
---@param after { at: integer, id: integer }? where the page begins
---@param limit integer
---@return table[]
function overrides.list(user_id, at, after, limit)
  local from = after or FIRST
  local list = db:query(LIST, user_id, at, from.at, from.at, from.id, limit)
  for _, row in ipairs(list) do
    shown(row, at)
  end
  return list
end

local GET = scope "SELECT * FROM overrides WHERE {owned} AND id = ?"

---@param user_id string
---@param id integer
---@param at integer milliseconds
---@return table? row also of one that is over
function overrides.get(user_id, id, at)
  return shown(db:one(GET, user_id, id), at)
end

--- All users' overrides, for commands.
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

---@param owner fun(): string user id, asked for in the transaction; raises when no such number exists
---@param o table phone_number_id, forward_to_number, ring_timeout, note, starts_at, ends_at
---@param at integer milliseconds
---@return table row
function overrides.create(owner, o, at)
  return db:transaction(function()
    return shown(db:one(CREATE, owner(), o.phone_number_id, o.forward_to_number, o.ring_timeout, o.note,
      o.starts_at, o.ends_at, at), at)
  end)
end

-- The call log refers to overrides that have begun, so those end now and stay.
local CANCEL = "DELETE FROM overrides WHERE id = ? AND starts_at > ?"
local END = "UPDATE overrides SET ends_at = ? WHERE id = ? AND ends_at > ?"

--- End an override, or cancel one that hasn't begun.
---@param user_id string
---@param id integer
---@param agree? fun(row: table) raises when it may not be ended
---@param at integer milliseconds
---@return table? row as it was; nil: there is none
function overrides.finish(user_id, id, agree, at)
  return rows.guarded(function() return overrides.get(user_id, id, at) end, agree, function(row)
    return (db:exec(CANCEL, id, at) > 0 or db:exec(END, at, id, at) > 0) and row or nil
  end)
end

return overrides
