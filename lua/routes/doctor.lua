-- routes/doctor.lua: the checks of `hookswitch doctor`, for the console.
--
-- What a check has to ask of other servers is asked with a short limit. Which
-- webhooks were refused is told on the host only: those lines name addresses.
-- What is said of a number is said to those who may see it.

local checks = require("doctor.checks")
local config = require("config")
local http = require("http")
local json = require("json")
local limits = require("hookswitch.limits")
local numbers = require("models.numbers")
local reply = require("hookswitch.reply")
local scope = require("hookswitch.scope")

local ASK_SECONDS = 3

local STATES = { ok = "ok", info = "ok", warn = "warning", failed = "problem" }
-- Notes about what was not looked at.
local NOT_LOOKED_AT = { clock = true, server = true }

local function ask(url)
  local host = url:match("^https?://([^:/]+)") or ""
  if checks.is_private(host) then
    return nil, "not asked"
  end
  return http.request { url = url, timeout = ASK_SECONDS, max_bytes = 65536 }
end

local function asked()
  local out = { over_http = true }
  local theirs = ask(config.get("twilio_api_base_url") .. "/")
  out.twilio_date = theirs and theirs.headers.date
  local url = config.get("server_url")
  if url and not config.get("sandbox") then
    local ours, message = ask(url .. "/api/twilio/twiml")
    out.public_status = ours and tostring(ours.status)
    out.public_body, out.public_error = ours and ours.body, message
  end
  return out
end

-- Whether a finding is about no number, or about one of the user's.
local function visible_to(user_id)
  local own = {}
  for _, row in ipairs(numbers.list(user_id)) do own[row.phone_number] = true end
  return function(text)
    local phone = text:match("%+%d%d%d%d%d%d%d+")
    return scope.is_team or not phone or own[phone] ~= nil
  end
end

---@param req Request
local function doctor(req)
  local findings, is_visible = json.array {}, visible_to(req.user.id)
  checks.run({
    doubt = function() end, -- the page shows the findings alone
    say = function(_, state, about, what, message, fix)
      if not is_visible(what .. " " .. message) then
        return
      end
      local skipped = state == "info" and NOT_LOOKED_AT[about]
      findings[#findings + 1] = {
        name = what ~= "" and about .. " " .. what or about,
        state = skipped and "skipped" or STATES[state], message = message, fix = fix,
      }
    end,
  }, asked(), req.at)
  return reply.json { findings = findings }
end

return {
  prefix = "/api/twilio",
  tag = "Operation",
  auth = "user",
  role = "admin",
  { "GET", "/doctor", doctor, limit = limits.doctor,
    summary = "Check everything calls need", responses = { [200] = "Findings" } },
}
