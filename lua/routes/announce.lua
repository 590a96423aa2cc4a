-- routes/announce.lua: telling open consoles what has just been stored.
--
-- An event says what to look at; the API has the rest. Nothing is looked up
-- while nobody listens.

local call_log = require("models.call_log")
local events = require("events")
local recordings = require("models.recordings")

local announce = {}

--- A call, or one of its legs, is not where it was.
---@param call_sid string
function announce.call(call_sid)
  if not events.wanted() then
    return
  end
  local row = call_log.brief(call_sid)
  if row and row.user_id then
    events.publish(row.user_id, "call", row)
  end
end

--- A recording or a voicemail message has news.
---@param recording_sid string
function announce.recording(recording_sid)
  if not events.wanted() then
    return
  end
  local row = recordings.brief(recording_sid)
  if row and row.user_id then
    events.publish(row.user_id, "recording", row)
  end
end

--- A browser came or went.
---@param user_id string
---@param online boolean
function announce.presence(user_id, online)
  events.publish(user_id, "presence", { user_id = user_id, online = online })
end

return announce
