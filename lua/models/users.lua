-- models.users: local accounts, for teams without a host application.
--
-- Names are compared ignoring case. Everything else knows a user by the id, which
-- no other user ever gets.

local crypto = require("crypto")
local db = require("db")
local etag = require("hookswitch.etag")
local hidden = require("hookswitch.fields.hidden")
local memo = require("hookswitch.memo")
local presence = require("models.presence")
local rows = require("models.rows")

local users = {}

users.PASSWORD_MIN, users.PASSWORD_MAX = 8, 256 -- characters
users.NAME_MAX = 64

--- A name as it is stored, or nil and what is wrong with it.
---@param text string
---@return string? name
---@return string? message
---@return string? code of hookswitch.fields.wrong
---@return table? values of the code's
function users.normal(text)
  local name = text:match("^%s*(.-)%s*$"):lower()
  if name == "" then
    return nil, "must not be empty", "empty"
  end
  if not utf8.len(name) or name:find("[%c%s]") or hidden.among(name) then
    return nil, "must not contain spaces or control characters", "spaces"
  end
  if utf8.len(name) > users.NAME_MAX then
    return nil, ("must have at most %d characters"):format(users.NAME_MAX), "most_characters",
      { max = users.NAME_MAX }
  end
  return name
end

--- Whether a password may be used: true, or nil and why not.
---@param password string
---@return true? ok
---@return string? message
function users.acceptable(password)
  local length = utf8.len(password)
  if not length then
    return nil, "must be valid UTF-8"
  end
  if password:find("%c") then
    return nil, "must not contain control characters"
  end
  if length < users.PASSWORD_MIN or length > users.PASSWORD_MAX then
    return nil, ("must have %d to %d characters"):format(users.PASSWORD_MIN, users.PASSWORD_MAX)
  end
  return true
end

---@param name string normal
---@return table? row
function users.by_name(name)
  return db:one("SELECT * FROM users WHERE name = ?", name)
end

--- The id of a user whom an administrator names: a local account by its name, else the id itself.
---@param text string
---@return string? id
---@return string? message
function users.named(text)
  local name = users.normal(text)
  local account = name and users.by_name(name)
  local id = account and account.id or text
  if id == "" or #id > 255 or id:find("%c") then
    return nil, "a user's id has 1 to 255 characters."
  end
  return id
end

---@param id string
---@return table? row
function users.get(id)
  return db:one("SELECT * FROM users WHERE id = ?", id)
end

--- An account's name.
---@type fun(id: string): string?
users.name = memo(function(id)
  local row = users.get(id)
  return row and row.name
end)

local OWN_ID = "^local_%x+$" -- of an account that was made here, and not of a host application's user

--- Is it a local account that is disabled or removed? Its browser keeps its access token for a while.
---@type fun(id: string): boolean
users.is_disabled = memo(function(id)
  local row = users.get(id)
  if row then
    return row.is_active == 0
  end
  return id:find(OWN_ID) ~= nil
end)

--- Who gets the messages of a number without an owner: the oldest account, else the owner of the oldest
--- number.
---@return string? user_id nil before the first user
function users.first()
  local row = db:one("SELECT id FROM users WHERE is_active = 1 ORDER BY created_at, id LIMIT 1")
    or db:one("SELECT user_id AS id FROM user_phone_numbers WHERE released_at IS NULL ORDER BY id LIMIT 1")
  return row and row.id
end

local SHOWN = [[
  SELECT u.id, u.name, u.role, u.is_active, u.created_at,
    (SELECT COUNT(*) FROM logins AS l WHERE l.user_id = u.id AND l.expires_at > ?) AS logins
  FROM users AS u]]
local ONE, LIST = SHOWN .. " WHERE u.id = ?", SHOWN .. " ORDER BY u.name"

local function opened(row)
  if row then
    local logins = row.logins
    row.logins, row.is_active = nil, row.is_active == 1
    etag.stamp(row).logins = logins
  end
  return row
end

--- A user, as the API shows them.
---@param id string
---@param at integer milliseconds: now
---@return table? row
function users.shown(id, at)
  return opened(db:one(ONE, at, id))
end

---@param at integer milliseconds: now
---@return table[] rows without passwords, by name
function users.list(at)
  local list = db:query(LIST, at)
  for _, row in ipairs(list) do
    opened(row)
  end
  return list
end

--- Add an account. Its id is new unless given: then it takes over what that user of the host application
--- has.
---@param name string normal
---@param stored string from crypto.password_hash
---@param role string one of hookswitch.roles
---@param at integer milliseconds
---@param id? string
---@return table? row nil: the name or the id is taken
function users.add(name, stored, role, at, id)
  id = id or "local_" .. crypto.hex(crypto.random(6))
  return db:one([[
    INSERT INTO users (id, name, password, role, created_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING RETURNING id, name, role, is_active, created_at]], id, name, stored, role, at)
end

users.LAST_ADMIN = "This is the last active admin: make someone else an admin first."

local IS_ADMIN = "SELECT 1 AS yes FROM users WHERE id = ? AND role = 'admin' AND is_active = 1"
local OTHER_ADMIN = "SELECT 1 AS yes FROM users WHERE id <> ? AND role = 'admin' AND is_active = 1"

-- Checked in the write's transaction, in which nobody else writes.
local function is_last_admin(id)
  return db:one(IS_ADMIN, id) ~= nil and db:one(OTHER_ADMIN, id) == nil
end

local CHANGE = rows.fields { "role", "is_active" }
local UPDATE = "UPDATE users SET " .. CHANGE.set .. " WHERE id = ? RETURNING id, name, role, is_active"

--- Give an account a role, or disable or enable it. Disabling ends its logins, and its browsers ring no more.
---@param id string
---@param changes { role: string?, is_active: boolean? }
---@return table? row nil: no such account, or
---@return "last_admin"? problem
function users.change(id, changes)
  return db:transaction(function()
    local takes_admin = (changes.role or "admin") ~= "admin" or changes.is_active == false
    if takes_admin and is_last_admin(id) then
      return nil, "last_admin"
    end
    if changes.is_active == false then
      db:exec("DELETE FROM logins WHERE user_id = ?", id)
      presence.forget(id)
    end
    return db:one(UPDATE, CHANGE.values(changes, id))
  end)
end

--- Set a password, and end the user's logins except one.
---@param id string
---@param stored string from crypto.password_hash
---@param except? string a login that goes on
---@param before? string only while this is what is stored
---@return table? row nil: there is no such user, with that password
function users.set_password(id, stored, except, before)
  return db:transaction(function()
    local row = db:one([[
      UPDATE users SET password = ? WHERE id = ? AND (? IS NULL OR password = ?) RETURNING id, name]],
      stored, id, before, before)
    if row then
      db:exec("DELETE FROM logins WHERE user_id = ? AND id <> ?", id, except or "")
    end
    return row
  end)
end

--- Remove an account; its logins end. What its user owns stays.
---@param id string
---@return table? row that was removed, or nil
---@return "last_admin"? problem
function users.remove(id)
  return db:transaction(function()
    if is_last_admin(id) then
      return nil, "last_admin"
    end
    presence.forget(id)
    return db:one("DELETE FROM users WHERE id = ? RETURNING id, name, role, is_active", id)
  end)
end

return users
