-- commands.user: local accounts: add, list, role, disable, enable, passwd, remove.

local audit = require("models.audit")
local config = require("config")
local crypto = require("crypto")
local json = require("json")
local numbers = require("models.numbers")
local result = require("commands.shared.result")
local roles = require("hookswitch.roles")
local users = require("models.users")

local user = {}

local done, refused = result.done, result.refused

local function unknown(options)
  return refused("unknown_user", ("no account is named %s"):format(options.name))
end

-- The account of that name, or nil and the refusal.
local function known(options)
  local name = users.normal(options.name)
  local account = name and users.by_name(name)
  if not account then
    return nil, unknown(options)
  end
  return account
end

local function stored(options)
  local ok, message = users.acceptable(options.password)
  if not ok then
    return nil, refused("password", "the password " .. message)
  end
  return assert(crypto.password_hash(options.password))
end

local function no_role(text)
  return refused("role", ("%q isn't a role: use admin, editor or agent"):format(text))
end

-- What the user of a new account sees, and how to change that.
local function scope_words(row)
  if config.get("data_scope") == "team" then
    return ("%s sees all numbers and calls (data_scope = team)."):format(row.name)
  end
  local owners = {}
  for _, number in ipairs(numbers.all()) do
    if number.user_id ~= row.id then
      owners[number.user_id] = true
    end
  end
  local words = ("%s sees only numbers and calls of their own (data_scope = user)."):format(row.name)
  if next(owners) then
    return words .. " The numbers here belong to others: set data_scope = team in app.conf and restart, and "
      .. "everyone shares them."
  end
  return words .. " For a team that shares its numbers, set data_scope = team in app.conf."
end

local ACTIONS = {}

function ACTIONS.add(options, now)
  local name, message = users.normal(options.name)
  if not name then
    return refused("name", "the name " .. message)
  end
  if options.id and (options.id == "" or #options.id > 255 or options.id:find("%c")) then
    return refused("id", "the id must have 1 to 255 characters")
  end
  local role = options.role or "admin"
  if not roles.exists(role) then
    return no_role(role)
  end
  local hash, problem = stored(options)
  if not hash then
    return problem
  end
  local row = audit.write(audit.operator(options, now), "user", "add", function()
    return users.add(name, hash, role, now, options.id)
  end)
  if not row then
    return refused("taken", "an account with that name or id already exists")
  end
  return done(("%s can log in as %s; the id is %s.\n%s"):format(row.name, role, row.id, scope_words(row)), {
    user = { id = row.id, name = row.name, role = role },
  })
end

function ACTIONS.list(_, now)
  local lines, rows = {}, json.array(users.list(now))
  for position, row in ipairs(rows) do
    row.etag = nil -- for the API's If-Match
    lines[position] = ("%-24s %-24s %-8s %s, %s"):format(row.name, row.id, row.role,
      os.date("!%Y-%m-%d", row.created_at // 1000), not row.is_active and "disabled"
        or result.counted(row.logins, "login"))
  end
  local none = "No accounts yet. Add one: `hookswitch user add NAME`"
  return done(#lines > 0 and table.concat(lines, "\n") or none, { users = rows })
end

-- Change the account that is named, and note it.
local function changed(options, now, action, write, changes)
  local account, refusal = known(options)
  if not account then
    return nil, refusal
  end
  local row, problem = audit.write(audit.operator(options, now), "user", action, function()
    return write(account.id)
  end, changes)
  if problem then
    return nil, refused(problem, ("%s is the last active admin: make someone else an admin first"):format(
      account.name))
  elseif not row then
    return nil, unknown(options) -- removed meanwhile
  end
  return row
end

local function answer(text, row, refusal)
  return row and done(text:format(row.name), { user = { id = row.id, name = row.name } }) or refusal
end

local function change(options, now, changes, text)
  local function write(id)
    return users.change(id, changes)
  end
  return answer(text, changed(options, now, "change", write, changes))
end

function ACTIONS.role(options, now)
  if not roles.exists(options.role) then
    return no_role(options.role)
  end
  return change(options, now, { role = options.role }, "%s is an " .. options.role .. " now.")
end

function ACTIONS.disable(options, now)
  local text = "%s can't log in any more, and is logged out everywhere."
  return change(options, now, { is_active = false }, text)
end

function ACTIONS.enable(options, now)
  return change(options, now, { is_active = true }, "%s can log in again.")
end

function ACTIONS.passwd(options, now)
  local account, refusal = known(options)
  if not account then
    return refusal
  end
  local hash
  hash, refusal = stored(options)
  if not hash then
    return refusal
  end
  return answer("%s has a new password, and is logged out everywhere.",
    changed(options, now, "password", function(id) return users.set_password(id, hash) end, {}))
end

function ACTIONS.remove(options, now)
  return answer("%s can no longer log in.", changed(options, now, "remove", users.remove))
end

---@param options { action: string, name: string?, password: string?, id: string?, role: string?, me: string }
---@param now integer milliseconds
---@return CommandResult
function user.run(options, now)
  return ACTIONS[options.action](options, now)
end

return user
