-- twilio.upkeep.pace: how often maintenance may ask Twilio.
--
--   pace.may(at, most)                  takes one of this minute's requests, if there is one left
--   pace.refused(at, status, seconds)   after a failed request; a 429 is a pause
--
-- All jobs of the process share one count.

local recent = require("recent")

local pace = {}

pace.A_MINUTE = 60 -- requests
local MINUTE_MS = 60 * 1000
local PAUSE_S = 60 -- after a 429 that names no time
local LONGEST_MS = 3600 * 1000 -- a longer pause is the work of a clock that was set back
local KEY = "twilio pace"

local function state()
  local minute, count, quiet = (recent.get(KEY) or ""):match("^(%d+) (%d+) (%d+)$")
  return math.tointeger(minute) or 0, math.tointeger(count) or 0, math.tointeger(quiet) or 0
end

local function keep(minute, count, quiet)
  recent.keep(KEY, ("%d %d %d"):format(minute, count, quiet))
end

---@param at integer milliseconds
---@param most integer? of a minute's requests, those of other jobs included
---@return boolean
function pace.may(at, most)
  local minute, count, quiet = state()
  local now = at // MINUTE_MS
  count = minute == now and count or 0
  if at < quiet and quiet - at <= LONGEST_MS or count >= (most or pace.A_MINUTE) then
    return false
  end
  keep(now, count + 1, quiet)
  return true
end

---@param at integer milliseconds
---@param status integer? that Twilio answered
---@param seconds integer? its Retry-After
function pace.refused(at, status, seconds)
  if status == 429 then
    local minute, count = state()
    keep(minute, count, at + math.min((seconds or PAUSE_S) * 1000, LONGEST_MS))
  end
end

return pace
