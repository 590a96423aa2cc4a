-- routes/sandbox.lua: the sandbox: Twilio's REST API as a stand-in, and the driver
-- that plays calls. Without `sandbox = yes` there is nothing here.
--
-- /sandbox/twilio/2010-04-01/… takes the account's credentials, as Twilio does.
-- The rest (calls, faults, requests, seed) is for whoever sits at the machine, or
-- has the credentials.

local config = require("config")

if not config.get("sandbox") then
  return { prefix = "/sandbox", auth = "none" }
end

local api = require("sandbox.rest.api")
local applications = require("sandbox.rest.applications")
local at_calls = require("sandbox.rest.calls")
local driver = require("sandbox.driver")
local fail = require("hookswitch.fail")
local faults = require("sandbox.rest.faults")
local json = require("json")
local messages = require("sandbox.rest.messages")
local numbers = require("sandbox.rest.numbers")
local call_request = require("sandbox.call_request")
local recordings = require("sandbox.rest.recordings")
local reply = require("hookswitch.reply")
local sandbox = require("models.sandbox")
local seed = require("sandbox.seed")
local v = require("hookswitch.fields.validate")

local ACCOUNT = "/twilio/2010-04-01/Accounts/:account"

local FAULT = v.object {
  path = v.string { min = 1, max = 200, default = "*" },
  method = v.one_of({ "GET", "POST", "DELETE", "*" }, { default = "*" }),
  times = v.integer { min = 1, max = 1000, default = 1 },
  kind = v.one_of(faults.KINDS),
  status = v.integer { min = 400, max = 599, optional = true },
  code = v.integer { min = 10000, max = 99999, optional = true },
  subject = v.string { max = 100, optional = true },
  retry_after = v.integer { min = 0, max = 60, optional = true },
  delay_ms = v.integer { min = 1, max = 25000, optional = true },
}
local AFTER = v.object { after = v.integer { min = 0, default = 0 } }

-- Anybody else on the network has no business here.
local function at_home(handler)
  return function(req)
    if not (req.remote or ""):find("^127%.") and not api.is_authorised(req) then
      fail(403, "not_here", "The sandbox answers this machine only, or the account's credentials.")
    end
    return handler(req)
  end
end

-- For a reader at a terminal: what happened, a line each.
local function story(summary)
  local lines = {}
  for position, line in ipairs(summary.heard) do
    lines[position] = "    " .. json.encode(line)
  end
  local fields = {
    '  "sid": ' .. json.encode(summary.sid),
    '  "outcome": ' .. json.encode(summary.outcome),
    '  "seconds": ' .. json.encode(summary.seconds),
    '  "heard": [\n' .. table.concat(lines, ",\n") .. "\n  ]",
  }
  if #summary.problems > 0 then
    fields[#fields + 1] = '  "problems": ' .. json.encode(summary.problems)
  end
  return "{\n" .. table.concat(fields, ",\n") .. "\n}\n"
end

---@param req Request
local function play(req)
  local summary, message, code = driver.play(call_request.complete(req.body), req.at)
  if not summary then
    fail(code == "no_voice_url" and 422 or 503, code, message)
  end
  if req.body.details then
    return reply.json(summary, 201)
  end
  return reply.text(story(summary), "application/json", nil, 201)
end

---@param req Request
local function order_fault(req)
  if req.body.kind == "error" and not req.body.code then
    fail.invalid { code = "is required for an error" }
  end
  faults.order(req.body)
  return reply.json(req.body, 201)
end

local function list_faults()
  return reply.json { faults = json.array(sandbox.faults()) }
end

local function clear_faults()
  sandbox.clear_faults()
  return reply.empty()
end

---@param req Request
local function list_requests(req)
  return reply.json { requests = json.array(sandbox.requests(req.query.after)) }
end

---@param req Request
local function sow(req)
  return reply.text(seed.run(req.at), "text/plain; charset=utf-8")
end

local routes = {
  prefix = "/sandbox",
  auth = "none",
  { "POST", "/calls", at_home(play), body = call_request.CHECK, seconds = driver.LONGEST_SECONDS },
  { "POST", "/faults", at_home(order_fault), body = FAULT },
  { "GET", "/faults", at_home(list_faults) },
  { "DELETE", "/faults", at_home(clear_faults) },
  { "GET", "/requests", at_home(list_requests), query = AFTER },
  { "POST", "/seed", at_home(sow) },
}

-- path = { GET = …, POST = …, DELETE = … }; PUT and PATCH are refused as Twilio does.
local RESOURCES = {
  ["/AvailablePhoneNumbers.json"] = { GET = numbers.countries },
  ["/AvailablePhoneNumbers/:country/:file"] = { GET = numbers.available },
  ["/IncomingPhoneNumbers.json"] = { GET = numbers.list, POST = numbers.create },
  ["/IncomingPhoneNumbers/:file"] = { GET = numbers.fetch, POST = numbers.update, DELETE = numbers.delete },
  ["/Applications.json"] = { GET = applications.list, POST = applications.create },
  ["/Applications/:file"] = {
    GET = applications.fetch, POST = applications.update, DELETE = applications.delete,
  },
  ["/Calls.json"] = { GET = at_calls.list, POST = at_calls.create },
  ["/Calls/:file"] = { GET = at_calls.fetch, POST = at_calls.update, DELETE = at_calls.delete },
  ["/Calls/:call/Recordings.json"] = { GET = recordings.list },
  ["/Messages.json"] = { GET = messages.list, POST = messages.create },
  ["/Messages/:file"] = { GET = messages.fetch, DELETE = messages.delete },
  ["/Recordings.json"] = { GET = recordings.list },
  ["/Recordings/:file"] = { GET = recordings.fetch, DELETE = recordings.delete },
}

local function refused()
  error("the sandbox answers 405 before this", 0)
end

local paths = {}
for path in pairs(RESOURCES) do
  paths[#paths + 1] = path
end
table.sort(paths)
for _, path in ipairs(paths) do
  for _, method in ipairs { "GET", "POST", "DELETE", "PUT", "PATCH" } do
    local resource = RESOURCES[path][method]
    if resource or method == "PUT" or method == "PATCH" then
      routes[#routes + 1] = { method, ACCOUNT .. path, api.handler(resource or refused) }
    end
  end
end
routes[#routes + 1] = { "GET", "/twilio/2010-04-01/Accounts/:file", api.handler(applications.account) }

return routes
