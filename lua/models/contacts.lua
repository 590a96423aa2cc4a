-- models.contacts: names, tags and the blocklist, one row a number and user.

local db = require("db")
local json = require("json")
local memo = require("hookswitch.memo")
local scope = require("hookswitch.scope")

local contacts = {}

-- Callers are many and contacts few: a user without contacts costs no query, and
-- what is not there is not remembered caller by caller.
local counts = memo(function()
  local by_user = {}
  for _, row in ipairs(db:query("SELECT user_id, COUNT(*) AS n FROM contacts GROUP BY user_id")) do
    by_user[row.user_id] = row.n
  end
  return by_user
end)

local function shown(row)
  if row then
    row.tags = json.array(json.decode(row.tags) or {})
    row.blocked = row.blocked == 1
  end
  return row
end

-- In a team a number may have several rows: one that blocks it wins.
local FIND = scope "SELECT * FROM contacts WHERE {owned} AND number = ? ORDER BY blocked DESC, id LIMIT 1"

--- What a user knows about a number: {name, tags, blocked}, or nil.
---@param user_id string
---@param number string
---@return table?
function contacts.find(user_id, number)
  local by_user = counts("all")
  if not by_user[user_id] and not (scope.is_team and next(by_user)) then
    return nil
  end
  return shown(db:one(FIND, user_id, number))
end

local LIST = scope [[
  SELECT * FROM contacts
  WHERE {owned} AND (? IS NULL OR blocked = ?) AND (? IS NULL OR number = ?) AND id > ?
  ORDER BY id LIMIT ?]]

---@param user_id string
---@param f { blocked: boolean?, number: string?, after: integer?, limit: integer }
---@return table[]
function contacts.list(user_id, f)
  local rows = db:query(LIST, user_id, f.blocked, f.blocked, f.number, f.number, f.after or 0, f.limit)
  for _, row in ipairs(rows) do
    shown(row)
  end
  return rows
end

local SOMEBODY = scope [[
  SELECT * FROM contacts WHERE {owned} AND blocked = 0 AND name <> '' ORDER BY id LIMIT 1]]

--- Somebody with a name whom a user knows: for calls that are made up.
---@param user_id string
---@return table?
function contacts.somebody(user_id)
  return shown(db:one(SOMEBODY, user_id))
end

local PUT = [[
  INSERT INTO contacts AS c (user_id, number, name, tags, blocked, created_at, updated_at)
  VALUES (?, ?, COALESCE(?, ''), COALESCE(?, '[]'), COALESCE(?, 0), ?, ?)
  ON CONFLICT (user_id, number) DO UPDATE SET name = COALESCE(?, c.name), tags = COALESCE(?, c.tags),
    blocked = COALESCE(?, c.blocked), updated_at = excluded.updated_at
  RETURNING *]]

--- Enter a contact, or change what is given of one that is there.
---@param user_id string
---@param c { number: string, name: string?, tags: string[]?, blocked: boolean? }
---@param at integer milliseconds
---@return table row
---@return boolean created
function contacts.put(user_id, c, at)
  local tags = c.tags and json.encode(c.tags)
  local row = db:one(PUT, user_id, c.number, c.name, tags, c.blocked, at, at, c.name, tags, c.blocked)
  return shown(row), row.created_at == at and row.updated_at == at
end

local DELETE = scope "DELETE FROM contacts WHERE {owned} AND id = ?"

---@param user_id string
---@param id integer
---@return boolean whether it was there
function contacts.delete(user_id, id)
  return db:exec(DELETE, user_id, id) > 0
end

local UNBLOCK = scope [[
  UPDATE contacts SET blocked = 0, updated_at = ? WHERE {owned} AND id = ? AND blocked = 1]]

---@param user_id string
---@param id integer
---@param at integer milliseconds
---@return boolean whether it was blocked
function contacts.unblock(user_id, id, at)
  return db:exec(UNBLOCK, at, user_id, id) > 0
end

return contacts
