-- models.forwarding: the forwarding settings made in the console.

local db = require("db")
local etag = require("hookswitch.etag")
local json = require("json")
local memo = require("hookswitch.memo")
local rows = require("models.rows")
local scope = require("hookswitch.scope")

local forwarding = {}

forwarding.TYPES = { "always", "busy", "no_answer" }

-- A number's own come last.
local ACTIVE = scope [[
  SELECT * FROM call_forwarding
  WHERE is_active = 1 AND (phone_number_id = ? OR phone_number_id IS NULL AND {owned})
  ORDER BY CASE WHEN phone_number_id IS NULL THEN 0 ELSE 1 END, id]]

--- The active settings of a number by type (always, busy, no_answer), for webhooks: its own, else one for all
--- numbers, which stands as `after` in an own one that ends.
---@type fun(phone_number_id: integer, user_id: string): table<string, ForwardingRule>
forwarding.active = memo(function(phone_number_id, user_id)
  local by_type = {}
  for _, row in ipairs(db:query(ACTIVE, phone_number_id, user_id)) do
    local for_all = row.phone_number_id and by_type[row.forwarding_type]
    if for_all and row.ends_at then row.after = for_all end
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
  LEFT JOIN user_phone_numbers AS n ON n.id = f.phone_number_id
  WHERE {owned:f} AND n.released_at IS NULL
    AND (? IS NULL OR f.phone_number_id IS NULL OR f.phone_number_id = ?)
  ORDER BY COALESCE(f.phone_number_id, 0), f.id]]

---@param user_id string
---@param phone_number_id integer? only those that this number follows
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
  SELECT f.* FROM call_forwarding AS f LEFT JOIN user_phone_numbers AS n ON n.id = f.phone_number_id
  WHERE {owned:f} AND f.id = ? AND n.released_at IS NULL]]

---@param user_id string
---@param id integer
---@return table? row
function forwarding.get(user_id, id)
  return shown(db:one(GET, user_id, id))
end

-- A second active setting of a type would break a unique index, so no row comes back.
local CREATE = [[
  INSERT INTO call_forwarding (user_id, phone_number_id, forward_to_number, forwarding_type, ring_timeout,
    is_active, ends_at, created_at, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING RETURNING *]]

-- Settings that a new one would collide with: of its number and type, or for all numbers.
local IN_PLACE = [[
  is_active = 1 AND forwarding_type = ? AND id <> ?
  AND (phone_number_id = ? OR phone_number_id IS NULL AND ? = 0 AND {owned})]]

-- A setting that has ended makes room for the next.
local RETIRE = scope("UPDATE call_forwarding SET is_active = 0, updated_at = ? WHERE ends_at <= ? AND "
  .. IN_PLACE)
local TAKEN = scope("SELECT 1 AS yes FROM call_forwarding WHERE " .. IN_PLACE)

-- Whether another active setting is in the place of one; in the transaction of its write.
local function is_taken(s, id, user_id, at)
  local number = s.phone_number_id ~= json.null and s.phone_number_id or 0
  db:exec(RETIRE, at, at, s.forwarding_type, id, number, number, user_id)
  return db:one(TAKEN, s.forwarding_type, id, number, number, user_id) ~= nil
end

---@param owner fun(): string user id, asked for in the transaction; raises when no such number exists
---@param s table phone_number_id (json.null: all), forward_to_number, forwarding_type, ring_timeout,
--- is_active, ends_at
---@param at integer milliseconds
---@return table? row nil: there is an active one of this type
function forwarding.create(owner, s, at)
  return db:transaction(function()
    local user_id, is_active = owner(), s.is_active ~= false
    if is_active and is_taken(s, 0, user_id, at) then
      return nil
    end
    return shown(db:one(CREATE, user_id, s.phone_number_id, s.forward_to_number, s.forwarding_type,
      s.ring_timeout, is_active, s.ends_at, at, at))
  end)
end

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
---@return table? after what it would be, if another setting is active in its place; nil, nil: no such setting
function forwarding.change(user_id, id, agree, at)
  return rows.guarded(function() return forwarding.get(user_id, id) end, agree, function(row, changes)
    local after = rows.merged(row, changes)
    if after.is_active and is_taken(after, id, after.user_id, at) then
      return nil, after
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
