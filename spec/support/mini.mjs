// mini.mjs: the smallest Lua application that the server accepts, for specs of
// the server itself. Its answers say what the host handed over.
const APP = `
return {
  { method = "POST", pattern = "/api/twilio/twiml", auth = "twilio", where = "app.lua:3", rescue = function() end },
  { method = "POST", pattern = "/api/twilio/status-callback", auth = "twilio", where = "app.lua:4" },
  { method = "GET", pattern = "/api/echo", auth = "none", where = "app.lua:5" },
  { method = "POST", pattern = "/api/echo", auth = "none", where = "app.lua:6" },
  { method = "GET", pattern = "/api/item/:id", auth = "none", where = "app.lua:7" },
  { method = "PATCH", pattern = "/api/item/:id/toggle", auth = "user", role = "agent", where = "app.lua:8" },
  { method = "GET", pattern = "/api/me", auth = "user", role = "agent", where = "app.lua:9" },
  { method = "POST", pattern = "/api/slow", auth = "none", where = "app.lua:10" },
}`;

const ROUTER = `
local json = require("json")
local rules = require("rules")
local router = {}
local list

function router.load(routes)
  list = routes
  return routes
end

router.begin = router.load

local LARGE

local function large()
  LARGE = LARGE or ("x"):rep(1000):rep(7000)
  return 200, "text/plain", LARGE
end

-- As long as it says, on a busy machine, too: there it gets a small part of the CPU.
local function spin(ms)
  local until_at, latest = os.clock() + ms / 1000, os.time() + ms // 1000 + 2
  while os.clock() < until_at and os.time() < latest do end
end

local FAULTS = {
  error = function() error("broken on purpose") end,
  loop = function() while true do end end,
  memory = function() local t = {} while true do t[#t + 1] = ("x"):rep(1000000) .. #t end end,
  nothing = function() return nil end,
  header = function() return 200, "text/plain", "", { ["X-A"] = "b\\r\\nX-Injected: 1" } end,
  ours = function() return 200, "text/plain", "", { ["Content-Length"] = "1" } end,
  large = large,
  empty = function() return 204, nil, "" end,
  cache = function() return 200, "text/plain", "ok", { ["Cache-Control"] = "max-age=5", ["X-Own"] = "yes" } end,
}

function router.dispatch(index, req)
  local route = list[index]
  local fault = FAULTS[req.query.fault]
  if fault then
    return fault()
  end
  if route.pattern == "/api/slow" then
    spin(tonumber(req.query.ms or 100))
  end
  if route.pattern == "/api/twilio/twiml" then
    return 200, "text/xml; charset=utf-8", "<Response><Say>" .. tostring(req.params.From) .. "</Say></Response>"
  end
  local params
  if req.params then
    params = {}
    for name, value in pairs(req.params) do
      params[#params + 1] = name .. "=" .. value
    end
  end
  return 200, "application/json; charset=utf-8", json.encode({ id = req.id, pattern = route.pattern, method = req.method,
    target = req.target, path = req.path, raw = req.raw, content_type = req.content_type, user = req.user and req.user.id,
    remote = req.remote, header = req:header("X-Test"), q = req.query.q, params = params, at = req.at,
    rules_error = rules.error(), version = rules.version() })
end

return router
`;

const RULES = `
local rules = {}
function rules.open(text, name)
  local chunk, message = load(text, "@" .. name, "t", {})
  if not chunk then
    error(message, 0)
  end
  local list = chunk()
  if type(list) ~= "table" then
    error(name .. ":1: the file must return a list", 0)
  end
  return { list = {}, decide = function() return nil end, examples = list.examples or {}, progress = { 0 },
    calendar = {}, fields = {}, functions = {}, numbers = {} }
end
return rules
`;

// An example says itself whether it holds.
const TRIAL = `
local trial = {}
-- The line of each example: a test keeps one a line.
local function lines(source)
  local found, line = {}, 0
  for text in (source .. "\\n"):gmatch("(.-)\\n") do
    line = line + 1
    if text:find("expect", 1, true) then found[#found + 1] = line end
  end
  return found
end
function trial.run(rules, options)
  for i, example in ipairs(rules.examples()) do
    if example.fails then
      return {}, { code = "example", line = lines(options.source)[i], message = "example " .. i .. ": " .. example.fails }
    end
  end
  return { rules = 0, examples = #rules.examples() }
end
return trial
`;

export const MINI = {
  "app.lua": APP,
  "hookswitch/router.lua": ROUTER,
  "calls/rules/ruleset.lua": RULES,
  "calls/freeze.lua": "return { next = next }\n",
  "calls/proof/trial.lua": TRIAL,
  "forwarding.lua": "return {}\n",
};
