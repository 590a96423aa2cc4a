-- models.forwarding: the forwarding settings made in the console.

local db = require("db")
local etag = require("hookswitch.etag")
local memo = require("hookswitch.memo")
local rows = require("models.rows")
local scope = require("hookswitch.scope")

local forwarding = {}

forwarding.TYPES = { "always", "busy", "no_answer" }

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
    etag.stamp(row)
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
  local list = db:query(LIST, user_id, phone_number_id, phone_number_id)
  for _, row in ipairs(list) do
    local phone_number, friendly_name = row.phone_number, row.friendly_name
    row.phone_number, row.friendly_name = nil, nil -- of the number's row
    shown(row)
    row.phone_number, row.friendly_name = phone_number, friendly_name
  end
  return list
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
    is_active, ends_at, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING RETURNING *]]

-- One that has ended makes room for the next.
local RETIRE = [[
  UPDATE call_forwarding SET is_active = 0, updated_at = ?
  WHERE phone_number_id = ? AND forwarding_type = ? AND is_active = 1 AND id <> ? AND ends_at <= ?]]

---@param number fun(): table the number's row, read in the transaction; raises when there is none
---@param s table phone_number_id, forward_to_number, forwarding_type, ring_timeout, is_active, ends_at
---@param at integer milliseconds
---@return table? row nil: there is an active one of this type
function forwarding.create(number, s, at)
  return db:transaction(function()
    local user_id, is_active = number().user_id, s.is_active ~= false
    if is_active then db:exec(RETIRE, at, s.phone_number_id, s.forwarding_type, 0, at) end
    return shown(db:one(CREATE, user_id, s.phone_number_id, s.forward_to_number, s.forwarding_type,
      s.ring_timeout, is_active, s.ends_at, at, at))
  end)
end

local TAKEN = [[
  SELECT 1 AS yes FROM call_forwarding
  WHERE phone_number_id = ? AND forwarding_type = ? AND is_active = 1 AND id <> ?]]

local CHANGE = rows.fields {
  "user_id", "phone_number_id", "forward_to_number", "forwarding_type", "ring_timeout", "is_active",
  "ends_at",
}
local UPDATE = "UPDATE call_forwarding SET " .. CHANGE.set .. ", updated_at = ? WHERE id = ? RETURNING *"

--- Change fields of a setting.
---@param user_id string
---@param id integer
---@param agree fun(row: table): table raises, or gives the fields to write
---@param at integer milliseconds
---@return table? row
---@return string? forwarding_type of which another setting is active; nil, nil: no such setting
function forwarding.change(user_id, id, agree, at)
  return rows.guarded(function() return forwarding.get(user_id, id) end, agree, function(row, changes)
    local after = rows.merged(row, changes)
    if after.is_active then
      db:exec(RETIRE, at, after.phone_number_id, after.forwarding_type, id, at)
      if db:one(TAKEN, after.phone_number_id, after.forwarding_type, id) then
        return nil, after.forwarding_type
      end
    end
    return shown(db:one(UPDATE, CHANGE.values(changes, at, id)))
  end)
end

---@param user_id string
---@param id integer
---@param agree fun(row: table) raises when it may not be deleted
---@return table? row that was deleted
function forwarding.delete(user_id, id, agree)
  return rows.guarded(function() return forwarding.get(user_id, id) end, agree, function(row)
    db:exec("DELETE FROM call_forwarding WHERE id = ?", id)
    return row
  end)
end

return forwarding
