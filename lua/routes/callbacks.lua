-- routes/callbacks.lua: what Twilio reports about calls and recordings.
--
-- Reports come twice, late and out of order; models/calls.lua and
-- models/recordings.lua keep one row whatever comes. An answered report is on
-- disk; one that cannot be stored is answered 503.

local announce = require("models.announce")
local answers = require("calls.steps.answers")
local calls = require("models.calls")
local carried_plan = require("voice.carried_plan")
local config = require("config")
local decisions = require("models.decisions")
local fail = require("hookswitch.fail")
local http_date = require("hookswitch.http_date")
local judgements = require("models.judgements")
local lines = require("models.lines")
local owners = require("models.owners")
local recordings = require("models.recordings")
local reply = require("hookswitch.reply")
local texts = require("twilio.upkeep.texts")
local v = require("hookswitch.fields.validate")

local whole = answers.whole

local CALL_SECONDS = tonumber(config.get("call_limit_seconds"))

local function sid(req, name)
  local value = req.params[name]
  if not value or #value > 64 or not value:find("^%w+$") then
    fail(400, "bad_request", ("The report has no valid %s."):format(name))
  end
  return value
end

local LONGEST_SECONDS = 25 * 3600 -- Twilio ends every call after a day

local function seconds(text)
  local count = whole(text)
  return count and count <= LONGEST_SECONDS and count or nil
end

-- An outgoing call is one from a browser; one that some other program makes
-- through Twilio's API is none of our callers either.
local function direction_of(params, parent)
  if parent then
    return "outbound-dial"
  end
  local outgoing = (params.From or ""):find("^client:") or (params.Direction or ""):find("^outbound")
  return outgoing and "outbound" or "inbound"
end

--- A phone that rings, or a call that has ended, in the count of a user's busy phones.
local function count_lines(req, known, user_id, call_sid, parent)
  local status = req.params.CallStatus or ""
  if parent then
    lines.report {
      user_id = (not known or known.status_rank < calls.TERMINAL) and user_id or nil,
      parent = parent, child = call_sid, to = req.params.To or "", final = calls.is_final(status),
      limit_seconds = CALL_SECONDS, at = req.at,
    }
  elseif calls.is_final(status) then
    lines.ended(call_sid)
  end
end

---@param req Request
local function status_callback(req)
  local params = req.params
  local call_sid = sid(req, "CallSid")
  local parent = params.ParentCallSid ~= "" and params.ParentCallSid or nil
  if parent and req.query.plan then
    carried_plan.take(req.query.plan, parent)
  end
  local known = calls.owner_of(parent or call_sid)
  local user_id, number_id = owners.of(params.From or "", params.To or "", known, parent ~= nil)
  local status, at = params.CallStatus or "", http_date.reported(params.Timestamp, req.at)
  local picked_up = calls.is_final(status) or status == "in-progress" or status == "answered"
  count_lines(req, known, user_id, call_sid, parent)
  local report = calls.report {
    call_sid = call_sid,
    parent_call_sid = parent,
    user_id = user_id,
    phone_number_id = number_id,
    direction = direction_of(params, parent),
    from = params.From or "",
    to = params.To or "",
    status = status,
    sequence = whole(params.SequenceNumber),
    at = at,
    -- `Duration` is billed minutes; seconds are in CallDuration.
    duration = seconds(params.CallDuration),
    answered_by = params.AnsweredBy,
    error_code = params.ErrorCode,
    unscreened = parent and picked_up and decisions.unscreened(parent, params.To or "") or nil,
  }
  local batch = { report }
  if not known then
    batch[2] = calls.own_legs(parent or call_sid)
  end
  if not parent and not known then
    batch[3], batch[4] = recordings.join(call_sid)
  end
  if not parent and calls.is_final(status) then
    batch[#batch + 1] = calls.close_legs(call_sid, at)
  end
  if not parent or picked_up then
    judgements.add(batch, parent or call_sid)
  end
  return reply.empty(204, batch)
end

--- What follows the commit of a report: announce it, or answer with an error if it wasn't stored.
local function then_announce(announcement, part, field)
  return function(req, _, changed, message, code)
    if not changed then
      fail.not_stored(message, code)
    end
    announcement(req[part][field])
  end
end

---@param req Request
local function recording_callback(req)
  local params = req.params
  local recording_sid, call_sid = sid(req, "RecordingSid"), sid(req, "CallSid")
  local known = calls.owner_of(call_sid)
  local status = params.RecordingStatus or "completed"
  local voicemail = params.RecordingSource == "RecordVerb"
  local recording, link = recordings.report {
    recording_sid = recording_sid,
    call_sid = call_sid,
    user_id = known and known.user_id,
    phone_number_id = known and known.phone_number_id,
    kind = voicemail and "voicemail" or "call",
    status = status,
    duration = seconds(params.RecordingDuration),
    channels = whole(params.RecordingChannels),
    source = params.RecordingSource,
    error_code = params.ErrorCode,
    started_at = http_date.reported(params.RecordingStartTime, req.at),
    at = req.at,
  }
  local batch = { recording, link }
  if not known then
    batch[3], batch[4] = recordings.join(call_sid)
  end
  if voicemail then
    judgements.add(batch, call_sid)
  end
  return reply.empty(204, batch)
end

local function message_callback(req)
  local params = req.params
  local report = {
    MessageSid = sid(req, "MessageSid"), MessageStatus = params.MessageStatus, ErrorCode = params.ErrorCode,
  }
  return reply.empty(204, texts.report(req.query.call_sid, report, req.at))
end

-- A form that cannot be read is refused in plain text, a report without its sid in JSON.
local RESPONSES = {
  [204] = false,
  [400] = { ["text/plain"] = { type = "string" }, ["application/json"] = "Error" },
}

return {
  prefix = "/api/twilio",
  tag = "Webhooks",
  auth = "twilio",
  { "POST", "/status-callback", status_callback, stored = then_announce(announce.call, "params", "CallSid"),
    summary = "Twilio reports a call", responses = RESPONSES },
  { "POST", "/recording-callback", recording_callback,
    stored = then_announce(announce.recording, "params", "RecordingSid"),
    summary = "Twilio reports a recording", responses = RESPONSES },
  { "POST", "/message-callback", message_callback, stored = then_announce(announce.call, "query", "call_sid"),
    query = v.object { call_sid = v.string { max = 64, pattern = "^%w+$" } },
    summary = "Twilio reports a text message", responses = RESPONSES },
}
