-- commands.user: local accounts: add, list, passwd, remove.

local crypto = require("crypto")
local json = require("json")
local users = require("models.users")

local user = {}

local function refused(code, message)
  return { error = { code = code, message = message } }
end

local function done(text, value)
  return { ok = true, text = text, value = value }
end

local function unknown(options)
  return refused("unknown_user", ("No account is named %s."):format(options.name))
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
    return nil, refused("password", "The password " .. message .. ".")
  end
  return assert(crypto.password_hash(options.password))
end

local ACTIONS = {}

function ACTIONS.add(options, now)
  local name, message = users.normal(options.name)
  if not name then
    return refused("name", "The name " .. message .. ".")
  end
  if options.id and (options.id == "" or #options.id > 255 or options.id:find("%c")) then
    return refused("id", "The id must have 1 to 255 characters.")
  end
  local hash, problem = stored(options)
  if not hash then
    return problem
  end
  local row = users.add(name, hash, now, options.id)
  if not row then
    return refused("taken", "An account with that name or id already exists.")
  end
  return done(("%s can log in; its id is %s."):format(row.name, row.id), {
    user = { id = row.id, name = row.name },
  })
end

function ACTIONS.list()
  local lines, rows = {}, json.array(users.list())
  for position, row in ipairs(rows) do
    row.is_active = row.is_active == 1
    lines[position] = ("%-24s %-24s %s, %d login%s"):format(row.name, row.id,
      os.date("!%Y-%m-%d", row.created_at // 1000), row.logins, row.logins == 1 and "" or "s")
  end
  return done(#lines > 0 and table.concat(lines, "\n") or "No accounts yet: hookswitch user add NAME",
    { users = rows })
end

function ACTIONS.passwd(options)
  local account, problem = known(options)
  if not account then
    return problem
  end
  local hash
  hash, problem = stored(options)
  if not hash then
    return problem
  end
  if not users.set_password(account.id, hash) then
    return unknown(options) -- removed meanwhile
  end
  return done(("%s has a new password, and is logged out everywhere."):format(account.name), {
    user = { id = account.id, name = account.name },
  })
end

function ACTIONS.remove(options)
  local account, problem = known(options)
  if not account then
    return problem
  end
  if not users.remove(account.id) then
    return unknown(options)
  end
  return done(("%s can no longer log in."):format(account.name), {
    user = { id = account.id, name = account.name },
  })
end

---@param options { action: string, name: string?, password: string?, id: string? }
---@param now integer milliseconds
---@return CommandResult
function user.run(options, now)
  return ACTIONS[options.action](options, now)
end

return user
