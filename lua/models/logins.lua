-- models.logins: logins of local accounts. The host looks a login's row up whenever
-- its token is used (host/server/access/login.c): without the row the token is invalid.

local crypto = require("crypto")
local db = require("db")

local logins = {}

local BEGIN = [[
  INSERT INTO logins (id, user_id, created_at, expires_at)
  SELECT ?, id, ?, ? FROM users WHERE id = ? AND password = ? AND is_active = 1]]

--- Begin a login, and delete those that have expired.
---@param account table row of the user whose password was right: checking takes a while
---@param at integer milliseconds
---@param expires_at integer milliseconds
---@return string? id nil: the password is another by now, or the account is gone
function logins.begin(account, at, expires_at)
  local id = crypto.hex(crypto.random(16))
  return db:transaction(function()
    db:exec("DELETE FROM logins WHERE expires_at <= ?", at)
    return db:exec(BEGIN, id, at, expires_at, account.id, account.password) > 0 and id or nil
  end)
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
