-- routes/callbacks.lua: what Twilio reports about calls and recordings.
--
-- Reports come twice, late and out of order; models/calls.lua and
-- models/recordings.lua keep one row whatever comes. An answered report is on
-- disk; one that cannot be stored is answered 503.

local calls = require("models.calls")
local db = require("db")
local fail = require("hookswitch.fail")
local identity = require("calls.identity")
local numbers = require("models.numbers")
local recordings = require("models.recordings")
local reply = require("hookswitch.reply")

local NO_CONTENT = reply.empty(204)

local function sid(req, name)
  local value = req.params[name]
  if not value or #value > 64 or not value:find("^%w+$") then
    fail(400, "bad_request", ("The report has no valid %s."):format(name))
  end
  return value
end

local function whole(text)
  return text and #text < 16 and math.tointeger(tonumber(text)) or nil
end

local function store(batch)
  local done, message, code = db:batch(batch)
  if not done then
    message = ("Not stored (%s): %s"):format(code, message)
    fail(503, "store_unavailable", message, nil, { ["Retry-After"] = "2" })
  end
end

-- Whose leg it is: the parent's, else the owner of the number that was called
-- or shown, else the user whose browser it is.
local function owner(params, call_sid)
  local parent = params.ParentCallSid
  local row = calls.owner_of(parent and parent ~= "" and parent or call_sid)
  if row and row.user_id then
    return row.user_id, row.phone_number_id
  end
  local number = numbers.by_phone(params.To or "") or numbers.by_phone(params.From or "")
  if number then
    return number.user_id, number.id
  end
  local client = (params.From or ""):match("^client:(.+)") or (params.To or ""):match("^client:(.+)")
  return identity.user(client or "")
end

---@param req Request
local function status_callback(req)
  local params = req.params
  local call_sid = sid(req, "CallSid")
  local user_id, number_id = owner(params, call_sid)
  local parent = params.ParentCallSid ~= "" and params.ParentCallSid or nil
  local from = params.From or ""
  local status = params.CallStatus or ""
  local report = calls.report {
    call_sid = call_sid,
    parent_call_sid = parent,
    user_id = user_id,
    phone_number_id = number_id,
    direction = parent and "outbound-dial" or from:find("^client:") and "outbound" or "inbound",
    from = from,
    to = params.To or "",
    status = status,
    sequence = whole(params.SequenceNumber),
    at = req.at,
    -- `Duration` is billed minutes; seconds are in CallDuration.
    duration = whole(params.CallDuration),
    answered_by = params.AnsweredBy,
    error_code = params.ErrorCode,
  }
  store { report, not parent and calls.is_final(status) and calls.close_legs(call_sid, req.at) or nil }
  return NO_CONTENT
end

---@param req Request
local function recording_callback(req)
  local params = req.params
  local recording_sid, call_sid = sid(req, "RecordingSid"), sid(req, "CallSid")
  local row = calls.owner_of(call_sid) or {}
  local status = params.RecordingStatus or "completed"
  local voicemail = params.RecordingSource == "RecordVerb"
  local duration = whole(params.RecordingDuration)
  local recording, link = recordings.report {
    recording_sid = recording_sid,
    call_sid = call_sid,
    user_id = row.user_id,
    phone_number_id = row.phone_number_id,
    kind = voicemail and "voicemail" or "call",
    status = status,
    duration = duration and duration >= 0 and duration or nil,
    channels = whole(params.RecordingChannels),
    source = params.RecordingSource,
    error_code = params.ErrorCode,
    at = req.at,
  }
  local batch = { recording, link }
  if voicemail and status == "completed" then
    batch[3] = calls.ended_by(call_sid, "voicemail")
  end
  store(batch)
  return NO_CONTENT
end

return {
  prefix = "/api/twilio",
  auth = "twilio",
  { "POST", "/status-callback", status_callback },
  { "POST", "/recording-callback", recording_callback },
}
