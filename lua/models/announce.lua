-- models.announce: tells open consoles what has just been stored.
--
-- An event says what changed; the API has the rest. Nothing is looked up unless a client listens.

local call_brief = require("models.call_brief")
local events = require("events")
local Nulls = require("hookswitch.fields.nulls")
local recordings = require("models.recordings")
local schema = require("hookswitch.fields.schema")

local announce = {}

local TEXT, WHOLE, TIME = schema.TEXT, schema.WHOLE, schema.TIME

--- What each event says; settings, alerts, ready and reset say nothing more ({}).
announce.SCHEMAS = {
  call = schema.object {
    call_sid = TEXT, ["parent_call_sid?"] = TEXT, user_id = TEXT, ["phone_number_id?"] = WHOLE,
    direction = TEXT, from = TEXT, to = TEXT, status = TEXT, started_at = TIME, ["answered_at?"] = TIME,
    ["ended_at?"] = TIME, ["duration?"] = WHOLE, ["end_reason?"] = TEXT, ["outcome?"] = TEXT,
  },
  recording = schema.object {
    recording_sid = TEXT, call_sid = TEXT, user_id = TEXT, ["phone_number_id?"] = WHOLE,
    kind = schema.one_of("call", "voicemail"), status = TEXT, ["duration?"] = WHOLE,
  },
  missed = schema.object { ["id?"] = WHOLE, ["about?"] = TEXT },
  presence = schema.object { user_id = TEXT, online = schema.BOOLEAN },
  settings = schema.object {}, alerts = schema.object {}, ready = schema.object {}, reset = schema.object {},
}
local nulls = Nulls(announce.SCHEMAS)

local function tell(kind, row)
  if row and row.user_id then
    events.publish(row.user_id, kind, nulls.complete(kind, row))
  end
end

--- A call or one of its legs has changed.
---@param call_sid string
function announce.call(call_sid)
  tell("call", events.wanted() and call_brief(call_sid))
end

--- A recording or a voicemail message has changed.
---@param recording_sid string
function announce.recording(recording_sid)
  tell("recording", events.wanted() and recordings.brief(recording_sid))
end

--- A caller to call back has changed: the row, or notes about the number.
---@param user_id string
---@param data { id: integer?, about: string? }
function announce.missed(user_id, data)
  events.publish(user_id, "missed", nulls.complete("missed", data))
end

--- A user's forwarding settings, overrides or numbers have changed.
---@param user_id string
function announce.settings(user_id)
  events.publish(user_id, "settings", {})
end

--- A browser came online or went offline.
---@param user_id string
---@param online boolean
function announce.presence(user_id, online)
  tell("presence", { user_id = user_id, online = online })
end

return announce
