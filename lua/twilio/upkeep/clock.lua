-- twilio.upkeep.clock: may what is old be deleted? Not by a clock that is wrong.
--
--   clock.agrees(at)   -> true; or nil, message, code
--
-- A clock that is a year ahead makes every call old. Twilio's says whether ours is right; without an account,
-- nothing is checked.

local alerts = require("models.alerts")
local config = require("config")
local db = require("db")
local http_date = require("hookswitch.http_date")
local recent = require("recent")
local twilio = require("twilio")

local clock = {}

local DAY_MS, ASK_AGAIN_MS = 24 * 3600 * 1000, 10 * 60 * 1000
local KEY, KIND = "twilio clock", "clock_wrong"
local WRONG = "The server's clock is %.0f day%s %s Twilio's. Nothing old is deleted until it is right: "
  .. "set it with NTP."

---@param at integer milliseconds: now
---@return boolean? agrees
---@return string? message
---@return string? code
function clock.agrees(at)
  if not config.get("twilio_account_sid") then
    return true
  end
  local asked_at = math.tointeger(tonumber(recent.get(KEY) or ""))
  if asked_at and at >= asked_at and at - asked_at < ASK_AGAIN_MS then
    return true
  end
  recent.keep(KEY, "")
  local date, message, code = twilio.date()
  local theirs = date and http_date.read(date)
  if not theirs then
    return nil, message or "Twilio's answer has no date.", code or "malformed"
  end
  local ahead = at - theirs * 1000
  if math.abs(ahead) > DAY_MS then
    local days = math.abs(ahead) / DAY_MS
    message = WRONG:format(days, days < 1.5 and "" or "s", ahead > 0 and "ahead of" or "behind")
    if not alerts.says(KIND, "", message) then
      db:batch { alerts.raise(nil, KIND, "", message, theirs * 1000) }
    end
    return nil, message, KIND
  end
  alerts.settle(KIND, "", theirs * 1000) -- by the clock that raises it, so that it's never closed after that
  recent.keep(KEY, tostring(at))
  return true
end

return clock
