-- routes/auth.lua: logging in with a local account.
--
-- A login is a row (models.logins) and a token that names it; the browser gets
-- the token as a cookie that scripts cannot read, programs get it in the answer.

local audit = require("models.audit")
local config = require("config")
local crypto = require("crypto")
local events = require("events")
local fail = require("hookswitch.fail")
local json = require("json")
local jwt = require("jwt")
local limiter = require("limiter")
local limits = require("hookswitch.limits")
local log = require("log")
local logins = require("models.logins")
local reply = require("hookswitch.reply")
local users = require("models.users")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local LOGIN = v.object { name = v.string { min = 1, max = 200 }, password = v.string { min = 1, max = 1000 } }
local CHANGE = v.object {
  current_password = v.string { min = 1, max = 1000 },
  new_password = v.string { min = users.PASSWORD_MIN, max = users.PASSWORD_MAX },
}

-- A dummy password for unknown names, so that checking takes as long.
local NOBODY = "scrypt$15$8$1$-hpLi-Anq0AbXvGIBANLnQ$QijeSXvuwh6GAqn5B87clJg4HeVr8LwucI44YZr5sMA"
local CHALLENGE = { ["WWW-Authenticate"] = 'Bearer realm="hookswitch"' }

local COOKIE = "hookswitch_session=%s; Path=/api; HttpOnly; SameSite=Strict; Max-Age=%d"
  .. ((config.get("server_url") or ""):find("^https:") and "; Secure" or "")

local function busy(message)
  fail(503, "busy", message, nil, { ["Retry-After"] = "1" })
end

local function count_try(limit, subject)
  local ok, message, _, seconds = limiter.take(limit, subject)
  if not ok then
    fail(429, "too_many_requests", message, nil, { ["Retry-After"] = tostring(seconds) })
  end
end

local function is_password_of(account, password)
  local stored = account and account.is_active == 1 and account.password or nil
  local same, message = crypto.password_verify(stored or NOBODY, password)
  if same == nil then
    busy(message)
  end
  return stored ~= nil and same
end

local function shown(account)
  return { id = account.id, name = account.name }
end

---@param req Request
local function login(req)
  local name = users.normal(req.body.name) or ""
  count_try(limits.login_name, name)
  local account, seconds = users.by_name(name), config.get("session_seconds")
  local id = is_password_of(account, req.body.password)
    and logins.begin(account, req.at, req.at + seconds * 1000)
  if not id then
    log.warn("login_refused", { request_id = req.id, remote = req.remote })
    fail(401, "wrong_login", "The name or the password is wrong.", nil, CHALLENGE)
  end
  local token = jwt.sign({ sub = account.id, login = id }, { key = "session", expires = seconds })
  log.info("login", { request_id = req.id, remote = req.remote, user = account.id })
  return reply.json({ token = token, expiresIn = seconds, user = shown(account) }, 200,
    { ["Set-Cookie"] = COOKIE:format(token, seconds) })
end

---@param req Request
local function logout(req)
  if req.user.login then
    logins.finish(req.user.login)
    events.hang_up(req.user.id, req.user.login)
  end
  return { 204, nil, "", { ["Set-Cookie"] = COOKIE:format("", 0) } }
end

---@param req Request
local function me(req)
  local account = req.user.login and users.get(req.user.id)
  local row = account and logins.get(req.user.login)
  return reply.json {
    user = { id = req.user.id, name = account and account.name or json.null },
    local_account = account and true or false,
    role = req.user.role,
    manages_users = req.user.role == "admin" and not req.user.role_assumed,
    expires_at = row and row.expires_at or json.null,
    data_scope = config.get("data_scope"),
    event_id = events.last_id(), -- what happens while the page loads is not missed
  }
end

---@param req Request
local function change_password(req)
  local account = req.user.login and users.get(req.user.id)
  if not account then
    fail(409, "no_local_account", "This token is not a login of a local account: there is no password here.")
  end
  local function refuse()
    fail.invalid { current_password = wrong("password") }
  end
  if not is_password_of(account, req.body.current_password) then
    refuse()
  end
  local stored, message = crypto.password_hash(req.body.new_password)
  if not stored then
    busy(message)
  end
  local function set() return users.set_password(account.id, stored, req.user.login, account.password) end
  if not audit.write(audit.user(req), "user", "password", set, {}) then
    refuse()
  end
  events.hang_up(account.id)
  return reply.empty()
end

return {
  prefix = "/api/auth",
  tag = "Logging in",
  auth = "user",
  role = "agent",
  { "POST", "/login", login, auth = "none", limit = limits.login, body = LOGIN,
    summary = "Log in with a local account", responses = { [200] = "Login" } },
  { "POST", "/logout", logout, summary = "End this login", responses = { [204] = false } },
  { "GET", "/me", me, summary = "The user the token belongs to", responses = { [200] = "Me" } },
  { "POST", "/password", change_password, limit = limits.password, body = CHANGE,
    summary = "Change the password and end all other logins", responses = { [204] = false } },
}
