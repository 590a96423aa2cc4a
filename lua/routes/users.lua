-- routes/users.lua: local accounts, for admins: who may log in, and what they may do.
--
-- Whoever is invited gets a password made here, which is shown once.

local announce = require("models.announce")
local audit = require("models.audit")
local config = require("config")
local crypto = require("crypto")
local etag = require("hookswitch.etag")
local events = require("events")
local fail = require("hookswitch.fail")
local json = require("json")
local limits = require("hookswitch.limits")
local reply = require("hookswitch.reply")
local roles = require("hookswitch.roles")
local users = require("models.users")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local INVITATION = v.object {
  name = v.string { min = 1, max = 200 },
  role = v.one_of(roles.NAMES),
}
local CHANGE = v.object({ role = v.one_of(roles.NAMES), is_active = v.boolean() }, { partial = true })
local ID = { id = v.string { min = 1, max = 255 } }

local function missing()
  fail(404, "user_not_found", "There is no local account with that id.")
end

-- A new password, and what is stored of it.
local function made_up()
  local password = crypto.hex(crypto.random(8)):gsub("%x%x%x%x", "%0-", 3)
  local stored, message = crypto.password_hash(password)
  if not stored then
    fail(503, "busy", message, nil, { ["Retry-After"] = "1" })
  end
  return password, stored
end

---@param req Request
local function list(req)
  local rows = users.list(req.at)
  return reply.json { users = json.array(rows), data_scope = config.get("data_scope") }
end

---@param req Request
local function get(req)
  return reply.row(users.shown(req.path.id, req.at) or missing())
end

---@param req Request
local function invite(req)
  local name, message, code, values = users.normal(req.body.name)
  if not name then
    fail.invalid { name = wrong(code, values, message) }
  end
  local password, stored = made_up()
  local row = audit.write(audit.user(req), "user", "add", function()
    return users.add(name, stored, req.body.role, req.at)
  end)
  if not row then
    fail(409, "name_taken", "An account with that name already exists.", { name = wrong("taken") })
  end
  local shown = users.shown(row.id, req.at)
  shown.password = password
  return reply.row(shown, 201)
end

-- Change the account of the path while it is what If-Match says. Nobody else writes meanwhile.
local function write(req, action, change, changes)
  local shown
  local row, problem = audit.write(audit.user(req), "user", action, function()
    etag.check(req, users.shown(req.path.id, req.at) or missing())
    local changed, why_not = change(req.path.id)
    shown = users.shown(req.path.id, req.at)
    return changed, why_not
  end, changes)
  if problem then
    fail(409, "last_admin", users.LAST_ADMIN)
  end
  events.hang_up(row.id)
  return shown
end

---@param req Request
local function change(req)
  local row = write(req, "change", function(id) return users.change(id, req.body) end, req.body)
  if not row.is_active then announce.presence(row.id, false) end
  return reply.row(row)
end

---@param req Request
local function new_password(req)
  local password, stored = made_up()
  local row = write(req, "password", function(id) return users.set_password(id, stored) end, {})
  row.password = password
  return reply.row(row)
end

---@param entry table of the route table
local function for_known_admins(entry)
  entry[3] = roles.for_known_admins(entry[3])
  return entry
end

return {
  prefix = "/api/users",
  tag = "Users",
  auth = "user",
  role = "admin",
  for_known_admins { "GET", "/", list,
    summary = "Local accounts by name", responses = { [200] = "Users" } },
  for_known_admins { "POST", "/", invite, body = INVITATION, limit = limits.invite,
    summary = "Add a local account with a password that is made up and shown once",
    responses = { [201] = "Invitation" } },
  for_known_admins { "GET", "/:id", get, path = ID, row = "User",
    summary = "A local account", responses = { [200] = "User" } },
  for_known_admins { "PATCH", "/:id", change, path = ID, body = CHANGE, row = "User",
    summary = "Change a role, disable an account or enable it; the last active admin stays one",
    responses = { [200] = "User" } },
  for_known_admins { "POST", "/:id/password", new_password, path = ID, row = "User", limit = limits.invite,
    summary = "Make up a new password, shown once, and end the user's logins",
    responses = { [200] = "Invitation" } },
}
