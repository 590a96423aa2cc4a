-- models.contacts: names, tags and the blocklist, one row per number and user.

local db = require("db")
local etag = require("hookswitch.etag")
local fold = require("hookswitch.fold")
local json = require("json")
local memo = require("hookswitch.memo")
local rows = require("models.rows")
local scope = require("hookswitch.scope")

local contacts = {}

-- Callers are many and contacts few: a user without contacts costs no query, and
-- unknown callers aren't remembered one by one.
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
    row.blocked, row.folded = row.blocked == 1, nil
  end
  return row
end

local function shown(row)
  return row and etag.stamp(opened(row))
end

-- In a team a number may have several rows; one that blocks it wins.
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

local NAMED = "SELECT number, name FROM contacts WHERE {owned} AND name <> ''%s ORDER BY name, id LIMIT ?"
local HAS_WORD = " AND INSTR(COALESCE(folded, LOWER(name)), ?) > 0"

local function named(words)
  return scope(NAMED:format(HAS_WORD:rep(words)))
end

--- Contacts whose names have all the words, by name.
---@param user_id string
---@param words string[] folded
---@param limit integer
---@return { number: string, name: string }[]
function contacts.named(user_id, words, limit)
  if #words == 0 then
    return {}
  end
  local values = table.move(words, 1, #words, 1, {})
  values[#values + 1] = limit
  return db:query(named(#words), user_id, table.unpack(values))
end

local NAMES = scope [[
  SELECT number, name FROM contacts
  WHERE {owned} AND name <> '' AND number IN (SELECT value FROM json_each(?)) ORDER BY id DESC]]

--- The names of numbers.
---@param user_id string
---@param numbers string[]
---@return table<string, string> by number
function contacts.names(user_id, numbers)
  local by_number = {}
  for _, row in ipairs(db:query(NAMES, user_id, json.encode(json.array(numbers)))) do
    by_number[row.number] = row.name
  end
  return by_number
end

--- Fold names written since the last time, for `named`; a few at a time.
---@param limit integer
---@return boolean more
function contacts.fold_names(limit)
  local list = db:query("SELECT id, name FROM contacts WHERE folded IS NULL AND name <> '' LIMIT ?", limit)
  if #list == 0 then
    return false
  end
  db:transaction(function()
    for _, row in ipairs(list) do
      local forms = fold.forms(row.name)
      db:exec("UPDATE contacts SET folded = ? WHERE id = ? AND name = ?", forms, row.id, row.name)
    end
  end)
  return #list == limit
end

local SOMEBODY = scope [[
  SELECT * FROM contacts WHERE {owned} AND blocked = 0 AND name <> '' ORDER BY id LIMIT 1]]

--- A contact with a name, for made-up calls.
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

local OF_NUMBER = scope [[
  SELECT * FROM contacts WHERE {owned} AND number = ? ORDER BY blocked DESC, user_id = ? DESC, id LIMIT 1]]

local PUT = [[
  INSERT INTO contacts AS c (user_id, number, name, tags, blocked, created_at, updated_at)
  VALUES (?, ?, COALESCE(?, ''), COALESCE(?, '[]'), COALESCE(?, 0), ?, ?)
  ON CONFLICT (user_id, number) DO UPDATE SET name = COALESCE(?, c.name), tags = COALESCE(?, c.tags),
    blocked = COALESCE(?, c.blocked), folded = NULL, updated_at = excluded.updated_at
  RETURNING *]]

--- The contact of a number: one that blocks it first, and a user's own before a colleague's.
---@param user_id string
---@param number string E.164
---@return table?
function contacts.of_number(user_id, number)
  return shown(db:one(OF_NUMBER, user_id, number, user_id))
end

--- Add a contact, or change the given fields of an existing one.
---@param user_id string
---@param c { number: string, name: string?, tags: string[]?, blocked: boolean? }
---@param agree fun(row: table?) raises when it may not be written; nil: it is not there yet
---@param at integer milliseconds
---@return table row
---@return boolean created
function contacts.put(user_id, c, agree, at)
  local tags = c.tags and json.encode(c.tags)
  return db:transaction(function()
    local before = contacts.of_number(user_id, c.number)
    agree(before)
    local owner = before and before.user_id or user_id
    local row = db:one(PUT, owner, c.number, c.name, tags, c.blocked, at, at, c.name, tags, c.blocked)
    return shown(row), before == nil
  end)
end

--- Does a row say all of this already?
---@param row table
---@param c { name: string?, tags: string[]?, blocked: boolean? }
---@return boolean
function contacts.has(row, c)
  return (c.name == nil or c.name == row.name) and (c.blocked == nil or c.blocked == row.blocked)
    and (c.tags == nil or table.concat(c.tags, "\n") == table.concat(row.tags, "\n"))
end

-- Changes to a contact by its id.
local function guarded(user_id, id, agree, write)
  return rows.guarded(function() return contacts.get(user_id, id) end, agree, write)
end

local CHANGE = rows.fields { "name", "tags", "blocked" }
local UPDATE = "UPDATE contacts SET " .. CHANGE.set
  .. ", folded = NULL, updated_at = ? WHERE id = ? RETURNING *"

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
---@return table? row that was deleted
function contacts.delete(user_id, id, agree)
  return guarded(user_id, id, agree, function(row)
    db:exec("DELETE FROM contacts WHERE id = ?", id)
    return row
  end)
end

---@param user_id string
---@param id integer
---@param agree fun(row: table) raises when it may not be unblocked
---@param at integer milliseconds
---@return table? row nil: it was not blocked
function contacts.unblock(user_id, id, agree, at)
  return guarded(user_id, id, agree, function()
    return shown(db:one([[
      UPDATE contacts SET blocked = 0, updated_at = ? WHERE id = ? AND blocked = 1 RETURNING *]], at, id))
  end)
end

return contacts
