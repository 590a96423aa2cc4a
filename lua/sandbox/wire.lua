-- sandbox.wire: the requests of a played call, signed, to our own server.
--
--   local line = wire.new { in_order = false, twice = true, fragment = "signed", mishaps = … }
--   line:fetch(url, form, about)    -> TwiML, or nil, message, Twilio's error code
--   line:notify(url, form, about)   a callback, now or at the end
--   line:flush()                    the callbacks that were held back
--   line.callbacks, line.problems   the callbacks sent, and what went wrong
--
-- Only our own server is called: a document elsewhere fails as if it couldn't be
-- reached.

local config = require("config")
local form = require("sandbox.form")
local mishaps = require("sandbox.mishaps")
local resource = require("sandbox.rest.resource")
local standin = require("standin")
local twilio = require("twilio")

local wire = {}

local FAILED, NOT_XML = "11200", "12300"

---@class SandboxWire
---@field callbacks table[]
---@field problems string[]

local Wire = {}
Wire.__index = Wire

---@param order SandboxOrder
---@return SandboxWire
function wire.new(order)
  return setmetatable({
    in_order = order.in_order ~= false, twice = order.twice, fragment = order.fragment,
    mishaps = mishaps.of(order.mishaps), callbacks = {}, problems = {}, held = {}, late = {},
  }, Wire)
end

local function problem(self, text, ...)
  self.problems[#self.problems + 1] = text:format(...)
end

-- Path and query of an address on our own server, or nil.
local function target_of(url)
  local listen = config.get("listen"):match(":%d+$") or ""
  for _, origin in ipairs { config.get("server_url"), "http://127.0.0.1" .. listen } do
    local rest = url:sub(1, #origin) == origin and url:sub(#origin + 1)
    if rest and (rest == "" or rest:find("^[/?]")) then
      return rest:sub(1, 1) == "/" and rest or "/" .. rest
    end
  end
end

-- One request; `token` is the same when it is repeated.
local function send(self, url, params, method, token)
  local bare = url:match("^[^#]*")
  local body
  if method == "GET" then
    bare = bare .. (bare:find("?", 1, true) and "&" or "?") .. form.write(params)
    url, params = bare, nil
  else
    body = form.write(params)
  end
  local target = target_of(bare)
  if not target then
    return nil, bare .. " is not on this server, and the sandbox asks no other", "outside"
  end
  local signed = self.fragment == "signed" and url or bare
  local headers = {
    "User-Agent: TwilioProxy/1.1", "Accept: */*", "I-Twilio-Idempotency-Token: " .. token,
    "X-Twilio-Signature: " .. twilio.sign(signed, params),
  }
  if body then
    headers[#headers + 1] = "Content-Type: application/x-www-form-urlencoded; charset=UTF-8"
  end
  return standin.request(method, target, headers, body)
end

local function is_xml(content_type)
  return (content_type or ""):find("^%a+/xml") ~= nil
end

-- Request the document again: it must be the same.
local function ask_again(self, request, status, body, token)
  local again, second = send(self, request.url, request.params, request.method, token)
  if again ~= status or second ~= body then
    problem(self, "%s was answered otherwise the second time: %s", request.url, tostring(second))
  end
end

---@param url string
---@param params table<string, string>
---@param about { method: string }
---@return string? xml
---@return string? message
---@return string? code
function Wire:fetch(url, params, about)
  local token, name = resource.new_sid(""), mishaps.document(url)
  local mishap = self.mishaps:meet(name)
  if mishap == "lose" then
    return nil, ("%s: the request for %q is lost"):format(url, name), FAILED
  end
  local status, body, content_type = send(self, url, params, about.method, token)
  if mishap == "delay" then
    return nil, ("%s: the answer to %q comes too late"):format(url, name), FAILED
  elseif not status then
    return nil, body, FAILED
  elseif status ~= 200 then
    return nil, ("%s answered %d"):format(url, status), FAILED
  elseif not is_xml(content_type) then
    return nil, ("%s answered %s, not XML"):format(url, tostring(content_type)), NOT_XML
  end
  if self.twice or mishap == "repeat" then
    ask_again(self, { url = url, params = params, method = about.method }, status, body, token)
  end
  return body
end

local function deliver(self, callback)
  local token = resource.new_sid("")
  for _ = 1, (self.twice or callback.mishap == "repeat") and 2 or 1 do
    local status, message = send(self, callback.url, callback.params, callback.method, token)
    callback.answer = status
    if not status or status >= 300 then
      problem(self, "callback %s: %s", callback.url, status or message)
    end
  end
end

---@param url string
---@param params table<string, string>
---@param about { method: string, kind: string, at: number }
function Wire:notify(url, params, about)
  local callback = { at = about.at, kind = about.kind, url = url, params = params, method = about.method,
    name = mishaps.report(about.kind, params) }
  callback.mishap = self.mishaps:meet(callback.name)
  self.callbacks[#self.callbacks + 1] = callback
  if callback.mishap == "lose" then
    return
  elseif callback.mishap == "delay" then
    self.late[#self.late + 1] = callback
  elseif self.in_order then
    deliver(self, callback)
  else
    self.held[#self.held + 1] = callback
  end
end

--- Deliver what was held back, last first, then what was delayed.
function Wire:flush()
  for position = #self.held, 1, -1 do
    deliver(self, self.held[position])
  end
  for _, callback in ipairs(self.late) do
    deliver(self, callback)
  end
  self.held, self.late = {}, {}
end

return wire
