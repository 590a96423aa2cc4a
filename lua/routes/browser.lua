-- routes/browser.lua: what a browser needs to make and take calls.

local announce = require("models.announce")
local audit = require("models.audit")
local away = require("models.away")
local calls = require("models.calls")
local config = require("config")
local etag = require("hookswitch.etag")
local fail = require("hookswitch.fail")
local identity = require("calls.parties.identity")
local json = require("json")
local limits = require("hookswitch.limits")
local numbers = require("models.numbers")
local presence = require("models.presence")
local reply = require("hookswitch.reply")
local twilio = require("twilio")
local v = require("hookswitch.fields.validate")
local wrong = require("hookswitch.fields.wrong")

local IDENTITY_MAX = 256

local BEAT = v.object {
  device = v.string { min = 1, max = 64, default = "browser" },
  registered = v.boolean { default = true },
  sequence = v.integer { min = 0, optional = true,
    description = "Grows with each report of a page. One older than the page's newest changes nothing." },
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
--- is not rung. Reports can overtake each other: the newest by `sequence` holds.
---@param req Request
local function beat(req)
  local before = presence.online(req.user.id, req.at)
  presence.report(req.user.id, req.body, req.at)
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
      away_until = away.of(row.user_id, req.at),
    }
  end
  return reply.json { people = list, more = more }
end

-- A user's own availability, which is part of no file: rings leave out whoever is away.

local MOST_AWAY_MS = 366 * 24 * 3600 * 1000
local AWAY = v.object { ends_at = v.instant { nullable = true, ends = true } }

local function shown_away(req)
  return reply.json { user_id = req.user.id, ends_at = away.of(req.user.id, req.at) }
end

-- Calls are decided by whole seconds.
local function end_of_absence(wanted, at)
  if wanted == json.null then
    return nil
  end
  local ends_at = wanted - wanted % 1000
  if ends_at <= at then
    fail.invalid { ends_at = wrong("over") }
  elseif ends_at - at > MOST_AWAY_MS then
    fail.invalid { ends_at = wrong("longest_away") }
  end
  return ends_at
end

local function announce_away(user_id, at)
  announce.presence(user_id, presence.online(user_id, at))
  announce.settings(user_id)
end

---@param req Request
local function set_away(req)
  local ends_at = end_of_absence(req.body.ends_at, req.at)
  audit.write(audit.user(req), "away", ends_at and "add" or "end", function()
    return away.set(req.user.id, ends_at, req.at)
  end)
  announce_away(req.user.id, req.at)
  return reply.json { user_id = req.user.id, ends_at = ends_at } -- not what another request has made of it
end

local ID = { id = v.string { min = 1, max = 255 } }

local function not_away()
  fail(404, "away_not_found", "Nobody you can see with that id is away.")
end

---@param req Request
local function absence(req)
  return reply.row(away.get(req.user.id, req.path.id, req.at) or not_away())
end

---@param req Request
local function end_absence(req)
  local ended = audit.write(audit.user(req), "away", "end", function()
    return away.finish(req.user.id, req.path.id, etag.checker(req), req.at)
  end) or not_away()
  announce_away(ended.user_id, req.at)
  return reply.empty()
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
  { "GET", "/away", shown_away,
    summary = "Until when you are away", responses = { [200] = "Away" } },
  { "POST", "/away", set_away, body = AWAY,
    summary = "Be away until a given time, so that nothing of yours rings; null: be back",
    responses = { [200] = "Away" } },
  { "GET", "/away/:id", absence, path = ID, row = "Absence",
    summary = "Until when a user is away", responses = { [200] = "Absence" } },
  { "DELETE", "/away/:id", end_absence, role = "admin", path = ID, row = "Absence",
    summary = "End a user's absence: they are rung again", responses = { [204] = false } },
  { "POST", "/presence", beat, body = BEAT,
    summary = "Report that a browser is registered, or no longer is", responses = { [200] = "Presence" } },
}
