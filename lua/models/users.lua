-- models.users: local accounts, for teams without a host application.
--
-- A name is compared without regard to case; the id is what everything else
-- knows a user by, and is never given to somebody else.

local crypto = require("crypto")
local db = require("db")

local users = {}

users.PASSWORD_MIN, users.PASSWORD_MAX = 8, 256 -- characters
users.NAME_MAX = 64

--- A name as it is stored, or nil and what is wrong with it.
---@param text string
---@return string? name
---@return string? message
function users.normal(text)
  local name = text:match("^%s*(.-)%s*$"):lower()
  if name == "" then
    return nil, "must not be empty"
  end
  if not utf8.len(name) or name:find("[%c%s]") then
    return nil, "must not contain spaces or control characters"
  end
  if utf8.len(name) > users.NAME_MAX then
    return nil, ("must have at most %d characters"):format(users.NAME_MAX)
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
    return nil, "A user's id has 1 to 255 characters."
  end
  return id
end

---@param id string
---@return table? row
function users.get(id)
  return db:one("SELECT * FROM users WHERE id = ?", id)
end

--- Who hears the messages of a number that nobody has: the oldest account, else whoever has the oldest
--- number.
---@return string? user_id nil before the first user
function users.first()
  local row = db:one("SELECT id FROM users WHERE is_active = 1 ORDER BY created_at, id LIMIT 1")
    or db:one("SELECT user_id AS id FROM user_phone_numbers WHERE released_at IS NULL ORDER BY id LIMIT 1")
  return row and row.id
end

---@return table[] rows without passwords, by name
function users.list()
  return db:query([[
    SELECT u.id, u.name, u.is_active, u.created_at, COUNT(l.id) AS logins
    FROM users AS u LEFT JOIN logins AS l ON l.user_id = u.id
    GROUP BY u.id, u.name, u.is_active, u.created_at ORDER BY u.name]])
end

--- Make an account. The id is a new one unless it is given, to continue with what a user of the host
--- application has.
---@param name string normal
---@param stored string from crypto.password_hash
---@param at integer milliseconds
---@param id? string
---@return table? row nil: the name or the id is taken
function users.add(name, stored, at, id)
  id = id or "local_" .. crypto.hex(crypto.random(6))
  return db:one([[
    INSERT INTO users (id, name, password, created_at) VALUES (?, ?, ?, ?)
    ON CONFLICT DO NOTHING RETURNING id, name, is_active, created_at]], id, name, stored, at)
end

--- Set a password and end the user's logins, but for one.
---@param id string
---@param stored string from crypto.password_hash
---@param except? string a login that goes on
---@param before? string only while this is what is stored
---@return boolean whether there is such a user, with that password
function users.set_password(id, stored, except, before)
  return db:transaction(function()
    local changed = db:exec("UPDATE users SET password = ? WHERE id = ? AND (? IS NULL OR password = ?)",
      stored, id, before, before) > 0
    if changed then
      db:exec("DELETE FROM logins WHERE user_id = ? AND id <> ?", id, except or "")
    end
    return changed
  end)
end

--- Remove an account; its logins end. What its user owns stays.
---@param id string
---@return boolean whether it was there
function users.remove(id)
  return db:exec("DELETE FROM users WHERE id = ?", id) > 0
end

return users
