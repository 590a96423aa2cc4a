-- sandbox.rest.api: what every request to the stand-in for Twilio's REST API goes
-- through: credentials, form, faults on demand, and the list of requests.
--
--   api.handler(resource)   -> a route's handler; resource(api) -> Reply
--
-- The credentials are checked in C; Lua cannot read them.

local answer = require("sandbox.rest.answer")
local base64 = require("crypto").base64_decode
local config = require("config")
local faults = require("sandbox.rest.faults")
local form = require("sandbox.form")
local sandbox = require("models.sandbox")
local standin = require("standin")

local api = {}

local PREFIX = "/sandbox/twilio"
local FORM_TYPE = "application/x-www-form-urlencoded"

---@class SandboxApi
---@field method string
---@field path string as Twilio would see it: "/2010-04-01/Accounts/AC…/Calls.json"
---@field query table from sandbox.form
---@field form table from sandbox.form
---@field at integer milliseconds
---@field params table<string, string> of the path, the last one without its .json
---@field format string? "json", "wav", "mp3": the part after the dot
---@field account string AC…
---@field header fun(name: string): string?

--- Is this request our account's?
---@param req Request
---@return boolean
function api.is_authorised(req)
  local given = (req:header("Authorization") or ""):match("^[Bb]asic%s+(%S+)$")
  local pair = given and base64(given)
  local user, password = (pair or ""):match("^([^:]*):(.*)$")
  return user ~= nil and standin.is_account(user, password)
end

local function read(req)
  local path, query = req.target:sub(#PREFIX + 1):match("^([^?]*)%??(.*)$")
  local self = {
    method = req.method, path = path, query = form.parse(query), form = form.parse(""), at = req.at,
    params = {}, account = config.get("twilio_account_sid"),
    header = function(name) return req:header(name) end,
  }
  for name, value in pairs(req.path) do
    local bare, format = value:match("^([^.]+)%.(%w+)$")
    if name == "file" then
      self.params.sid, self.format = bare or value, format
    else
      self.params[name] = value
    end
  end
  self.params.account = self.params.account or self.params.sid
  return self
end

-- Why the request is refused whatever it asks for, or nil.
local function refusal(req, self)
  if not api.is_authorised(req) then
    return answer.error(401, 20003, nil, { ["WWW-Authenticate"] = 'Basic realm="Twilio API"' })
  elseif self.params.account ~= self.account then
    return answer.error(404, 20404, self.path)
  elseif req.method == "PUT" or req.method == "PATCH" then
    return answer.error(405, 20004)
  elseif not self.query then
    return answer.error(400, 20001)
  end
  if req.method ~= "POST" or (req.raw or "") == "" then
    return nil
  end
  if (req.content_type or ""):lower():sub(1, #FORM_TYPE) ~= FORM_TYPE then
    return answer.error(415, 20107)
  end
  self.form = form.parse(req.raw)
  return not self.form and answer.error(400, 20001) or nil
end

---@param resource fun(api: SandboxApi): Reply
---@return fun(req: Request): Reply
function api.handler(resource)
  return function(req)
    local self = read(req)
    local reply = refusal(req, self) or faults.before(self)
    if not reply then
      reply = faults.after(self, resource(self))
    end
    sandbox.log_request({
      method = req.method, target = req.target:sub(#PREFIX + 1), body = req.raw or "",
      content_type = req.content_type or "", status = reply[1],
    }, req.at)
    return reply
  end
end

return api
