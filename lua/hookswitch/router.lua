-- hookswitch.router: route tables in, one flat list and one dispatcher out.
--
-- The host matches method and path itself (host/server/router.c), checks who
-- is asking, and calls dispatch() with the number of the route that matched.

local accept = require("hookswitch.accept")
local fail = require("hookswitch.fail")
local json = require("json")
local limits = require("hookswitch.limits")
local log = require("log")

local router = {}

router.limits = limits -- the host counts

local METHODS = { GET = true, POST = true, PUT = true, PATCH = true, DELETE = true }
local AUTHS = { user = true, twilio = true, none = true }
local OPTIONS = {
  auth = true, body = true, query = true, path = true, rescue = true, stored = true, limit = true,
  stream = true, heavy = true, row = true, summary = true, responses = true,
}

local routes = {} -- the flat list, by number
local modules, loaded = {}, 0 -- the route files, and how many of them are in the list

---@class Route
---@field method string
---@field pattern string "/api/call-forwarding/:id"
---@field auth "user"|"twilio"|"none"
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
---@field heavy? boolean computes for seconds: the host runs a few at a time
---@field row? string schema of the row that it shows or writes: answers have its ETag, writes take If-Match
---@field tag? string of the file, a heading in the API's description
---@field summary? string
---@field responses? table<integer, string|table|false> schemas by status, see hookswitch.openapi

local function add(file, entry, name)
  local method, path, handler = entry[1], entry[2], entry[3]
  local label = ("%s: %s %s"):format(name, tostring(method), tostring(path))
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
  local auth = entry.auth or file.auth
  if not AUTHS[auth] then
    error(label .. ': says no auth: use "user", "twilio" or "none"', 0)
  end
  if auth == "twilio" and entry.limit then
    error(label .. ": a webhook has no limit", 0)
  end
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
  route.auth = auth
  routes[#routes + 1] = route
end

local function load_next()
  loaded = loaded + 1
  local file = require(modules[loaded])
  local name = modules[loaded]:gsub("%.", "/") .. ".lua"
  if type(file) ~= "table" or type(file.prefix) ~= "string" then
    error(name .. ": must return a table with a prefix", 0)
  end
  for _, entry in ipairs(file) do
    add(file, entry, name)
  end
end

--- Take the route files in order. Only the first is loaded now, the others when a request needs them: a
--- worker that answers webhooks never loads the API.
---@param names string[] what app.lua returns
function router.begin(names)
  routes, modules, loaded = {}, names, 0
  load_next()
end

--- Load them all: to build the host's router, to list routes.
---@param names string[]
---@return Route[] the flat list; the host reads method, pattern, auth, where
function router.load(names)
  router.begin(names)
  while loaded < #modules do
    load_next()
  end
  return routes
end

---@return Route[] all of them: for OpenAPI
function router.all()
  while loaded < #modules do
    load_next()
  end
  return routes
end

local function on_error(err)
  if fail.is(err) then
    return err
  end
  return { bug = err, traceback = debug.traceback(tostring(err), 2) }
end

local STORE_FAILURES = { busy = true, full = true, readonly = true, io = true, unknown = true }

local function error_reply(req, err)
  local body = {
    code = err.code, message = err.message, fields = err.fields, details = err.details, request_id = req.id,
  }
  return err.status, "application/json; charset=utf-8", json.encode({ error = body }), err.headers
end

local function failed(req, err)
  if fail.is(err) then
    return error_reply(req, err)
  end
  local code = type(err.bug) == "table" and err.bug.code
  if STORE_FAILURES[code] then
    log.error("store_failed", { request_id = req.id, code = code, message = tostring(err.bug) })
    return error_reply(req, {
      status = 503,
      code = "store_unavailable",
      message = "The database cannot be written at the moment; please try again.",
      headers = { ["Retry-After"] = "2" },
    })
  end
  log.error("handler_failed", { request_id = req.id, message = err.traceback })
  return error_reply(req, {
    status = 500,
    code = "internal",
    message = "Something went wrong on our side; the log has the details.",
  })
end

-- For routes that do not say what to do when their batch is not stored.
local function not_stored(_, _, changed, message, code)
  if not changed then
    fail.not_stored(message, code)
  end
end

local function run(route, req)
  if route.path or route.query or route.body then
    accept(route, req)
  end
  local answer = route.handler(req)
  if not answer then
    error(("%s returned no reply"):format(route.where), 0)
  end
  return answer
end

local function route_at(index)
  while not routes[index] do
    load_next()
  end
  return routes[index]
end

--- Answer a request. What the answer rests on (the batch) is stored by the host before it leaves.
---@param index integer the route's place in load()'s list
---@param req Request
---@return integer status
---@return string? content_type
---@return string body
---@return table<string, string>? headers
---@return string? recording
---@return table[]? batch statements
---@return string? note for the route's `stored`
function router.dispatch(index, req)
  local route = route_at(index)
  local ok, answer = xpcall(run, on_error, route, req)
  if not ok and route.rescue then
    if not fail.is(answer) then
      log.error("webhook_failed", { request_id = req.id, path = route.pattern, message = answer.traceback })
    end
    ok, answer = xpcall(route.rescue, on_error, req, answer)
  end
  if ok then
    return answer[1], answer[2], answer[3], answer[4], answer[5], answer[6], answer[7]
  end
  return failed(req, answer)
end

--- What became of an answer's batch, perhaps in another VM than the one that answered. The host tells it
--- when the batch could not be stored, when its first statement changed nothing or when somebody listens
--- to events; else the answer leaves without a word.
---@param index integer
---@param req Request
---@param note string?
---@param changed integer[]? rows changed by each statement; nil: not stored
---@param message string? why not
---@param code string?
---@return integer? status nil: the answer stands
---@return string? content_type
---@return string? body
---@return table<string, string>? headers
---@return string? recording
function router.stored(index, req, note, changed, message, code)
  local route = route_at(index)
  local ok, answer = xpcall(route.stored or not_stored, on_error, req, note, changed, message, code)
  if ok then
    if answer then
      return answer[1], answer[2], answer[3], answer[4], answer[5]
    end
    return nil
  end
  if changed and not fail.is(answer) then
    -- What was answered is stored, so it stands.
    log.error("stored_failed", { request_id = req.id, path = route.pattern, message = answer.traceback })
    return nil
  end
  return failed(req, answer)
end

return router
