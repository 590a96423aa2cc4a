-- models.forwarding: the forwarding settings made in the console.

local db = require("db")
local memo = require("hookswitch.memo")
local scope = require("hookswitch.scope")

local forwarding = {}

--- The active settings of a number by type (always, busy, no_answer): for webhooks.
---@type fun(phone_number_id: integer): table<string, table>
forwarding.active = memo(function(phone_number_id)
  local by_type = {}
  local sql = "SELECT * FROM call_forwarding WHERE phone_number_id = ? AND is_active = 1"
  for _, row in ipairs(db:query(sql, phone_number_id)) do
    by_type[row.forwarding_type] = row
  end
  return by_type
end)

local function shown(row)
  if row then
    row.is_active = row.is_active == 1
  end
  return row
end

local LIST = scope [[
  SELECT f.*, n.phone_number, n.friendly_name FROM call_forwarding AS f
  JOIN user_phone_numbers AS n ON n.id = f.phone_number_id
  WHERE {owned:f} AND n.released_at IS NULL AND (? IS NULL OR f.phone_number_id = ?)
  ORDER BY f.phone_number_id, f.id]]

---@param user_id string
---@param phone_number_id integer? only of this number
---@return table[]
function forwarding.list(user_id, phone_number_id)
  local rows = db:query(LIST, user_id, phone_number_id, phone_number_id)
  for _, row in ipairs(rows) do
    shown(row)
  end
  return rows
end

local GET = scope [[
  SELECT f.* FROM call_forwarding AS f JOIN user_phone_numbers AS n ON n.id = f.phone_number_id
  WHERE {owned:f} AND f.id = ? AND n.released_at IS NULL]]

---@param user_id string
---@param id integer
---@return table? row
function forwarding.get(user_id, id)
  return shown(db:one(GET, user_id, id))
end

-- A second active setting of one type breaks a unique index: no row comes back.
local CREATE = [[
  INSERT INTO call_forwarding (user_id, phone_number_id, forward_to_number, forwarding_type, ring_timeout,
    is_active, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING RETURNING *]]

---@param user_id string owner of the number
---@param s table phone_number_id, forward_to_number, forwarding_type, ring_timeout, is_active
---@param at integer milliseconds
---@return table? row nil: there is an active one of this type
function forwarding.create(user_id, s, at)
  return shown(db:one(CREATE, user_id, s.phone_number_id, s.forward_to_number, s.forwarding_type,
    s.ring_timeout, s.is_active ~= false, at, at))
end

local UPDATE = scope [[
  UPDATE call_forwarding SET user_id = ?, phone_number_id = ?, forward_to_number = ?, forwarding_type = ?,
    ring_timeout = ?, is_active = ?, updated_at = ?
  WHERE {owned} AND id = ? AND NOT (? = 1 AND EXISTS (
    SELECT 1 FROM call_forwarding AS other
    WHERE other.phone_number_id = ? AND other.forwarding_type = ?
      AND other.is_active = 1 AND other.id <> call_forwarding.id))
  RETURNING *]]

--- Write a changed row back.
---@param user_id string
---@param row table
---@param at integer milliseconds
---@return table? row nil: another active one of this type
function forwarding.update(user_id, row, at)
  return shown(db:one(UPDATE, row.user_id, row.phone_number_id, row.forward_to_number, row.forwarding_type,
    row.ring_timeout, row.is_active, at, user_id, row.id, row.is_active, row.phone_number_id,
    row.forwarding_type))
end

local DELETE = scope "DELETE FROM call_forwarding WHERE {owned} AND id = ?"

---@param user_id string
---@param id integer
---@return boolean whether it was there
function forwarding.delete(user_id, id)
  return db:exec(DELETE, user_id, id) > 0
end

return forwarding
