-- models.logins: logins of local accounts. The host asks for a login's row
-- whenever its token comes (host/server/login.c): without it the token is dead.

local crypto = require("crypto")
local db = require("db")

local logins = {}

--- Begin a login; those that are over by themselves are forgotten.
---@param user_id string
---@param at integer milliseconds
---@param expires_at integer milliseconds
---@return string id
function logins.begin(user_id, at, expires_at)
  local id = crypto.hex(crypto.random(16))
  db:transaction(function()
    db:exec("DELETE FROM logins WHERE expires_at <= ?", at)
    db:exec("INSERT INTO logins (id, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
      id, user_id, at, expires_at)
  end)
  return id
end

---@param id string
---@return { id: string, user_id: string, created_at: integer, expires_at: integer }?
function logins.get(id)
  return db:one("SELECT * FROM logins WHERE id = ?", id)
end

---@param id string
function logins.finish(id)
  db:exec("DELETE FROM logins WHERE id = ?", id)
end

return logins
