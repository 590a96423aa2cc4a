-- hookswitch.route: an entry of a route file, checked, as the router keeps it.

local limits = require("hookswitch.limits")
local roles = require("hookswitch.roles")

local METHODS = { GET = true, POST = true, PUT = true, PATCH = true, DELETE = true }
local AUTHS = { user = true, twilio = true, none = true }
local OPTIONS = {
  auth = true, role = true, body = true, query = true, path = true, rescue = true, stored = true,
  limit = true, stream = true, heavy = true, seconds = true, body_bytes = true, row = true, summary = true,
  responses = true,
}

---@class Route
---@field method string
---@field pattern string "/api/call-forwarding/:id"
---@field auth "user"|"twilio"|"none"
---@field role? "agent"|"editor"|"admin" the least that may ask, with auth "user"
---@field where string "routes/forwarding.lua:31", where its handler is
---@field handler fun(req: Request): Reply
---@field rescue? fun(req: Request, err: any): Reply answers when the handler failed
---@field stored? fun(req: Request, note: string?, changed: integer[]?, message: string?, code: string?): any
--- told what became of the reply's batch: see stored()
---@field body? Validator
---@field query? Validator
---@field path? table<string, Validator>
---@field limit? Limit one of hookswitch.limits
---@field stream? boolean the host answers it itself, with events
---@field seconds? integer that it may take, when more than the usual 30
---@field heavy? boolean computes for seconds: the host runs a few at a time
---@field body_bytes? integer of its body, when more than max_body_bytes
---@field row? string schema of the row that it shows or writes: answers have its ETag, writes take If-Match
---@field tag? string of the file, a heading in the API's description
---@field summary? string
---@field responses? table<integer, string|table|false> schemas by status, see hookswitch.openapi

--- Raises what is wrong with an entry, but for who may ask.
local function check(label, entry)
  local method, path, handler = entry[1], entry[2], entry[3]
  if not METHODS[method] then
    error(label .. ": unknown method", 0)
  end
  if type(path) ~= "string" or path:sub(1, 1) ~= "/" then
    error(label .. ": the path must begin with /", 0)
  end
  if type(handler) ~= "function" then
    error(label .. ": has no handler", 0)
  end
  for option in pairs(entry) do
    if type(option) == "string" and not OPTIONS[option] then
      error(("%s: unknown option %q"):format(label, option), 0)
    end
  end
  if entry.limit and limits[entry.limit.name] ~= entry.limit then
    error(label .. ": its limit is none of hookswitch.limits", 0)
  end
end

--- Who may ask. Raises when the file doesn't say.
local function access(label, file, entry)
  local auth = entry.auth or file.auth
  if not AUTHS[auth] then
    error(label .. ': says no auth: use "user", "twilio" or "none"', 0)
  end
  local role = auth == "user" and (entry.role or file.role) or entry.role
  if auth == "user" and not roles.exists(role) then
    error(label .. ': declares no role; add role = "agent", "editor" or "admin", the least that may ask', 0)
  end
  if auth ~= "user" and role then
    error(label .. ": has a role, but no users", 0)
  end
  if auth == "twilio" and entry.limit then
    error(label .. ": a webhook has no limit", 0)
  end
  return auth, role
end

---@param file table what the route file returned
---@param entry table
---@param name string of the file
---@return Route
return function(file, entry, name)
  local method, path, handler = entry[1], entry[2], entry[3]
  local label = ("%s: %s %s"):format(name, tostring(method), tostring(path))
  check(label, entry)
  local info = debug.getinfo and debug.getinfo(handler, "S")
  local pattern = path == "/" and file.prefix or file.prefix .. path
  local route = {
    method = method,
    pattern = pattern == "" and "/" or pattern,
    where = info and ("%s:%d"):format(info.short_src, info.linedefined) or name,
    handler = handler,
    tag = file.tag,
  }
  for option in pairs(OPTIONS) do
    route[option] = entry[option]
  end
  route.auth, route.role = access(label, file, entry)
  return route
end
