-- models.contacts: names, tags and the blocklist, one row a number and user.

local db = require("db")
local etag = require("hookswitch.etag")
local json = require("json")
local memo = require("hookswitch.memo")
local rows = require("models.rows")
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

local function opened(row)
  if row then
    row.tags = json.array(json.decode(row.tags) or {})
    row.blocked = row.blocked == 1
  end
  return row
end

local function shown(row)
  return row and etag.stamp(opened(row))
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
  return opened(db:one(FIND, user_id, number))
end

local LIST = scope [[
  SELECT * FROM contacts
  WHERE {owned} AND (? IS NULL OR blocked = ?) AND (? IS NULL OR number = ?) AND id > ?
  ORDER BY id LIMIT ?]]

---@param user_id string
---@param f { blocked: boolean?, number: string?, after: integer?, limit: integer }
---@return table[]
function contacts.list(user_id, f)
  local list = db:query(LIST, user_id, f.blocked, f.blocked, f.number, f.number, f.after or 0, f.limit)
  for _, row in ipairs(list) do
    shown(row)
  end
  return list
end

local SOMEBODY = scope [[
  SELECT * FROM contacts WHERE {owned} AND blocked = 0 AND name <> '' ORDER BY id LIMIT 1]]

--- Somebody with a name whom a user knows: for calls that are made up.
---@param user_id string
---@return table?
function contacts.somebody(user_id)
  return opened(db:one(SOMEBODY, user_id))
end

local GET = scope "SELECT * FROM contacts WHERE {owned} AND id = ?"

---@param user_id string
---@param id integer
---@return table?
function contacts.get(user_id, id)
  return shown(db:one(GET, user_id, id))
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
---@param agree fun(row: table?) raises when it may not be written; nil: it is not there yet
---@param at integer milliseconds
---@return table row
---@return boolean created
function contacts.put(user_id, c, agree, at)
  local tags = c.tags and json.encode(c.tags)
  return db:transaction(function()
    local before = shown(db:one("SELECT * FROM contacts WHERE user_id = ? AND number = ?", user_id, c.number))
    agree(before)
    local row = db:one(PUT, user_id, c.number, c.name, tags, c.blocked, at, at, c.name, tags, c.blocked)
    return shown(row), before == nil
  end)
end

-- Everything that is done to a contact by its id.
local function guarded(user_id, id, agree, write)
  return rows.guarded(function() return contacts.get(user_id, id) end, agree, write)
end

local CHANGE = rows.fields { "name", "tags", "blocked" }
local UPDATE = "UPDATE contacts SET " .. CHANGE.set .. ", updated_at = ? WHERE id = ? RETURNING *"

--- Change fields of a contact.
---@param user_id string
---@param id integer
---@param agree fun(row: table): table raises, or gives the fields to write
---@param at integer milliseconds
---@return table? row
function contacts.change(user_id, id, agree, at)
  return guarded(user_id, id, agree, function(_, changes)
    changes.tags = changes.tags and json.encode(changes.tags)
    return shown(db:one(UPDATE, CHANGE.values(changes, at, id)))
  end)
end

---@param user_id string
---@param id integer
---@param agree fun(row: table) raises when it may not be deleted
---@return boolean? whether it was there
function contacts.delete(user_id, id, agree)
  return guarded(user_id, id, agree, function()
    return db:exec("DELETE FROM contacts WHERE id = ?", id) > 0
  end)
end

---@param user_id string
---@param id integer
---@param agree fun(row: table) raises when it may not be unblocked
---@param at integer milliseconds
---@return boolean? whether it was blocked
function contacts.unblock(user_id, id, agree, at)
  return guarded(user_id, id, agree, function()
    return db:exec("UPDATE contacts SET blocked = 0, updated_at = ? WHERE id = ? AND blocked = 1", at, id) > 0
  end)
end

return contacts
