-- hookswitch.router: route tables in, one flat list and one dispatcher out.
--
-- The host matches method and path itself (host/server/router.c), checks who
-- is asking, and calls dispatch() with the number of the route that matched.

local accept = require("hookswitch.accept")
local fail = require("hookswitch.fail")
local json = require("json")
local limits = require("hookswitch.limits")
local log = require("log")
local metrics = require("metrics")
local Nulls = require("hookswitch.fields.nulls")
local roles = require("hookswitch.roles")
local route_of = require("hookswitch.route")

local router = {}

router.limits = limits -- the host counts

-- The flat list, by number; the route files; and at which number each loaded file ends. A file counts when it
-- is whole: one that raised, or whose loading was cut off, is loaded again.
local routes, modules, ends = {}, {}, {}
local nulls -- made when an answer needs it

local function load_next()
  local module, count = modules[#ends + 1], ends[#ends] or 0
  local file = require(module)
  local name = module:gsub("%.", "/") .. ".lua"
  if type(file) ~= "table" or type(file.prefix) ~= "string" then
    error(name .. ": must return a table with a prefix", 0)
  end
  for _, entry in ipairs(file) do
    count = count + 1
    routes[count] = route_of(file, entry, name)
  end
  ends[#ends + 1] = count
end

--- Take the route files in order. Only the first is loaded now, the others when a request needs them: a
--- worker that answers webhooks never loads the API.
---@param names string[] what app.lua returns
function router.begin(names)
  routes, modules, ends, nulls = {}, names, {}, nil
  load_next()
end

--- Load them all: to build the host's router, to list routes.
---@param names string[]
---@return Route[] the flat list; the host reads method, pattern, auth, where
function router.load(names)
  router.begin(names)
  while #ends < #modules do
    load_next()
  end
  return routes
end

---@return Route[] all of them: for OpenAPI
function router.all()
  while #ends < #modules do
    load_next()
  end
  return routes
end

-- Every field of the schema is there. It is a route's word for an answer: see hookswitch.openapi.
local function complete(given, value)
  local name = type(given) == "table" and given["application/json"] or given
  if type(name) ~= "string" or not modules.schemas then
    return value
  end
  nulls = nulls or Nulls(require(modules.schemas))
  return nulls.complete(name, value)
end

-- The body of a JSON answer, written as the route describes it.
local function with_body(route, answer)
  if answer and answer.value ~= nil then
    answer[3] = json.encode(complete((route.responses or {})[answer[1]], answer.value))
  end
  return answer
end

local function on_error(err)
  if fail.is(err) then
    return err
  end
  return { bug = err, traceback = debug.traceback(tostring(err), 2) }
end

-- What the log says of a failure that on_error has seen, or has not when memory ran out.
local function text_of(failure)
  return type(failure) == "table" and failure.traceback or tostring(failure)
end

local STORE_FAILURES = { busy = true, full = true, readonly = true, io = true, unknown = true }

-- `route` has the row that an error about another state of it shows.
local function error_reply(req, err, route)
  local details = err.details
  if route and route.row and details and details.current then
    details = { current = complete(route.row, details.current) }
  end
  local body = {
    code = err.code, message = err.message, fields = err.fields, reasons = err.reasons, details = details,
    request_id = req.id,
  }
  return err.status, "application/json; charset=utf-8", json.encode({ error = body }), err.headers
end

local READS = { GET = true, HEAD = true }

local function failed(req, err, route)
  if fail.is(err) then
    return error_reply(req, err, route)
  end
  local code = type(err.bug) == "table" and err.bug.code
  -- What a GET has brought up to date isn't a change that someone asked for.
  local may_be_stored = not READS[req.method] and (code == "unknown" or req:has_changed())
  local unknown = may_be_stored and select(2, pcall(fail.unconfirmed)) or nil
  if err == "not enough memory" then -- on_error does not run then
    log.error("handler_failed", { request_id = req.id, code = "memory", message = tostring(err) })
    return error_reply(req, unknown or {
      status = 503,
      code = "out_of_memory",
      message = "The server is out of memory at the moment; please try again.",
      headers = { ["Retry-After"] = "2" },
    })
  end
  if STORE_FAILURES[code] then
    log.error("store_failed", { request_id = req.id, code = code, message = tostring(err.bug) })
    return error_reply(req, unknown or {
      status = 503,
      code = "store_unavailable",
      message = "The database cannot be written at the moment; please try again.",
      headers = { ["Retry-After"] = "2" },
    })
  end
  log.error("handler_failed", { request_id = req.id, message = err.traceback })
  return error_reply(req, unknown or {
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
  return with_body(route, answer)
end

local function route_at(index)
  while index > (ends[#ends] or 0) do
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
---@return string? more where the body goes on
function router.dispatch(index, req)
  local route = route_at(index)
  local ok, answer = xpcall(run, on_error, route, req)
  if not ok and route.rescue then
    if not fail.is(answer) then
      log.error("webhook_failed", { request_id = req.id, path = route.pattern, message = text_of(answer) })
    end
    metrics.count("fallbacks")
    ok, answer = xpcall(route.rescue, on_error, req, answer)
  end
  if ok then
    return answer[1], answer[2], answer[3], answer[4], answer[5], answer[6], answer[7], answer[8]
  end
  return failed(req, answer, route)
end

--- Answer a GET that came inside of another request: JSON that a user may read by its path alone and is
--- not limited or counted apart.
---@param req Request as if it had come alone; `target` is its path
---@return integer status
---@return string body JSON
function router.read(req)
  local ok, answer = xpcall(function()
    local found = {}
    for _, route in ipairs(router.all()) do
      if route.pattern == req.target and route.method == "GET" and route.auth == "user"
        and not (route.limit or route.heavy or route.stream) then
        roles.check(req, route.role)
        found = run(route, req)
      end
    end
    return (found[2] or ""):find("/json") and found or fail(404, "not_in_batch", "Request this on its own.")
  end, on_error)
  if ok then
    return answer[1], answer[3]
  end
  local status, _, body = failed(req, answer)
  return status, body
end

--- What became of an answer's batch, perhaps in another VM than the one that answered. The host tells it
--- when the batch could not be stored, when its first statement changed nothing or when someone listens
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
  local ok, answer = xpcall(function()
    return with_body(route, (route.stored or not_stored)(req, note, changed, message, code))
  end, on_error)
  if ok then
    if answer then
      return answer[1], answer[2], answer[3], answer[4], answer[5]
    end
    return nil
  end
  if changed and not fail.is(answer) then
    -- What was answered is stored, so it stands.
    log.error("stored_failed", { request_id = req.id, path = route.pattern, message = text_of(answer) })
    return nil
  end
  return failed(req, answer, route)
end

return router
