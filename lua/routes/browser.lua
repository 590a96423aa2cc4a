-- routes/browser.lua: what a browser needs to make and take calls.

local announce = require("models.announce")
local calls = require("models.calls")
local config = require("config")
local fail = require("hookswitch.fail")
local identity = require("calls.parties.identity")
local json = require("json")
local limits = require("hookswitch.limits")
local numbers = require("models.numbers")
local presence = require("models.presence")
local reply = require("hookswitch.reply")
local twilio = require("twilio")
local v = require("hookswitch.validate")

local IDENTITY_MAX = 256

local BEAT = v.object {
  device = v.string { min = 1, max = 64, default = "browser" },
  registered = v.boolean { default = true },
}

---@param req Request
local function access_token(req)
  local ttl = tonumber(config.get("token_seconds"))
  local name = identity.of(req.user.id)
  if #name > IDENTITY_MAX then
    fail(422, "invalid_identity", "This user's id makes too long a name for Twilio.")
  end
  local token, message, code = twilio.access_token { identity = name, ttl = ttl }
  if not token then
    if code == "not_configured" then
      fail(503, "twilio_not_configured", message)
    end
    fail(502, "twilio_failed", message)
  end
  local available = json.array {}
  for position, row in ipairs(numbers.callable(req.user.id)) do
    available[position] = {
      id = row.id, phone_number = row.phone_number, friendly_name = row.friendly_name,
      recording = row.recording,
    }
  end
  return reply.json {
    token = token, identity = name, availableNumbers = available, expiresIn = ttl,
    edge = config.get("twilio_edge") or json.null, -- a browser of another region registers there
    sandbox = config.get("sandbox") == true, -- which has nothing to register with
  }
end

--- A registered browser reports every 30 seconds; without news for a minute it counts as offline and
--- is not rung.
---@param req Request
local function beat(req)
  local before = presence.online(req.user.id, req.at)
  if req.body.registered then
    presence.beat(req.user.id, req.body.device, req.at)
  else
    presence.leave(req.user.id, req.body.device)
  end
  local online = presence.online(req.user.id, req.at)
  if online ~= before then
    announce.presence(req.user.id, online)
  end
  return reply.json { identity = identity.of(req.user.id), online = online }
end

--- Who can be reached.
---@param req Request
local function people(req)
  local list = json.array {}
  local rows, more = presence.people(req.user.id)
  for position, row in ipairs(rows) do
    list[position] = {
      user_id = row.user_id, identity = identity.of(row.user_id), name = row.name, seen_at = row.seen_at,
      online = presence.online(row.user_id, req.at), busy = calls.busy(row.user_id, "", req.at),
    }
  end
  return reply.json { people = list, more = more }
end

return {
  prefix = "/api/twilio",
  tag = "Browser calling",
  auth = "user",
  role = "agent",
  { "GET", "/access-token", access_token, limit = limits.access_token,
    summary = "An access token for calls in the browser", responses = { [200] = "AccessToken" } },
  { "GET", "/presence", people,
    summary = "Who is reachable, and who is talking", responses = { [200] = "People" } },
  { "POST", "/presence", beat, body = BEAT,
    summary = "Report that a browser is registered, or no longer is", responses = { [200] = "Presence" } },
}
