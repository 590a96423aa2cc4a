-- outgoing.lua: a call that someone makes from the browser.
--
--   outgoing.answer(request, ctx)          -> xml, result: dial, or a spoken refusal
--   outgoing.after(dial, ctx)              -> After: the dial has ended (step=after, leg=out)
--   outgoing.announce(ctx)                 -> xml: what the callee hears first (step=announce)
--
-- Only From = client:<identity> can be trusted; To and the caller id are what a
-- page sent. The caller id must be one of that user's numbers, and the policy must
-- allow To, unless it is another user's identity. A refusal is spoken, and returned
-- as data.

local caller = require("calls.parties.caller")
local dial = require("calls.steps.dial")
local identity = require("calls.parties.identity")
local dial_outcome = require("calls.steps.dial_outcome")
local policy = require("calls.parties.policy")
local speech = require("calls.twiml.speech")
local twiml = require("calls.twiml.document")
local urls = require("calls.twiml.urls")

local RING_SECONDS = 30
local PROGRESS = "initiated ringing answered completed"

---@class OutgoingRequest
---@field from string "client:user_42"
---@field to string?
---@field caller_id string? the number the page chose; nil: the user's first
---@field record boolean? the page asks for a recording; counts where the number's policy is "ask"

---@class OutgoingContext: CallContext
---@field numbers table[] active numbers of this user; ctx.number is set by the answer
---@field is_disabled boolean? the user's account may not be used any more
---@field recorded true? set by the answer

---@class OutgoingResult
---@field outcome "dialled"|"refused"
---@field code string? of a refusal: empty, caller_id, no_number, self, offline, disabled, or the policy's
---@field message string? of a refusal
---@field to string? phone or identity that is dialled
---@field user string? whom, when a browser is dialled
---@field caller_id string?
---@field number table? row whose number is shown
---@field recorded true? the call is recorded

local outgoing = {}

local SPOKEN = { busy = true, no_answer = true, failed = true, declined = true } -- as phrases.lua names them

local function refuse(ctx, message, code)
  return speech.goodbye(ctx, "not_made", message), { outcome = "refused", code = code, message = message }
end

--- The row of the number to show: the one asked for, else the first.
local function number_row(numbers, caller_id)
  if not speech.filled(caller_id) then
    return numbers[1]
  end
  for _, row in ipairs(numbers) do
    if row.phone_number == caller_id then
      return row
    end
  end
end

--- The <Dial> with what both kinds of callee share.
local function dial_node(ctx, caller_id, callee, phone)
  local recorded = ctx.recorded
  local limit = ctx.call_limit_seconds or dial.CALL_LIMIT_SECONDS
  return twiml.dial {
    answerOnBridge = true, timeout = RING_SECONDS, callerId = caller_id,
    timeLimit = phone and policy.time_limit(ctx.policy, limit) or limit,
    action = urls.step(ctx, "after", { leg = "out" }), method = "POST",
    record = recorded and "record-from-answer-dual",
    recordingStatusCallback = recorded and urls.recording(ctx),
    recordingStatusCallbackEvent = recorded and "completed absent",
    callee,
  }
end

local function call_user(user_id, from, ctx)
  if identity.of(user_id) == from.identity then
    return refuse(ctx, "You cannot call yourself.", "self")
  elseif not dial.is_online(ctx.online, user_id) then
    return refuse(ctx, "Your colleague is not online.", "offline")
  end
  local callee = twiml.client {
    statusCallback = urls.status(ctx), statusCallbackEvent = PROGRESS,
    twiml.identity(identity.of(user_id)),
    twiml.parameter { name = "from_name", value = caller.shown("client:" .. from.identity, ctx.call.name) },
  }
  local caller_id = "client:" .. from.identity
  local document = twiml.response { dial_node(ctx, caller_id, callee) }
  return twiml.write(document),
    { outcome = "dialled", to = identity.of(user_id), user = user_id, caller_id = caller_id }
end

--- As the number says; if it says "ask", as the person at the browser chose.
local function is_recorded(row, request)
  return row.recording == "on" or row.recording == "ask" and request.record or nil
end

local function call_phone(to, request, ctx)
  if #ctx.numbers == 0 then
    return refuse(ctx, "You have no phone number to call from.", "no_number")
  end
  local row = number_row(ctx.numbers, request.caller_id)
  if not row then
    return refuse(ctx, "The caller id is not one of your numbers.", "caller_id")
  end
  local ok, message, code = policy.check(to, ctx.policy)
  local planned = { n = 0, phone = to, seconds = RING_SECONDS }
  if ok and ctx.policy then ok, message, code = policy.caps(ctx.policy, planned) end
  if not ok then
    return refuse(ctx, message, code)
  end
  local recorded = is_recorded(row, request)
  ctx = setmetatable({ number = row, recorded = recorded }, { __index = ctx })
  local announced = recorded and speech.filled(row.recording_announcement)
  local callee = twiml.number {
    to, statusCallback = urls.status(ctx), statusCallbackEvent = PROGRESS,
    url = announced and urls.step(ctx, "announce", {}) or nil,
  }
  return twiml.write(twiml.response { dial_node(ctx, row.phone_number, callee, to) }),
    { outcome = "dialled", to = to, caller_id = row.phone_number, number = row, recorded = recorded }
end

---@param request OutgoingRequest
---@param ctx OutgoingContext
---@return string xml
---@return OutgoingResult result
function outgoing.answer(request, ctx)
  local from = caller.classify(request.from)
  if not from.user then
    return refuse(ctx, "This browser is not known here.", "unknown_user")
  elseif ctx.is_disabled then
    return refuse(ctx, "Your account is disabled.", "disabled")
  end
  local to = speech.filled(request.to)
  if not to then
    return refuse(ctx, "No number was given.", "empty")
  end
  to = to:match("^%s*(.-)%s*$")
  local user_id = identity.user(to:match("^client:(.+)$") or to)
  if user_id then
    return call_user(user_id, from, ctx)
  end
  return call_phone(to, request, ctx)
end

---@param report DialReport
---@param ctx CallContext
---@return After
function outgoing.after(report, ctx)
  local result = dial_outcome.read({ leg = "line" }, report)
  result.done, result.note = true, nil
  local told = not result.connected and SPOKEN[result.outcome]
  result.twiml = told and speech.goodbye(ctx, result.outcome) or speech.hangup()
  return result
end

--- The callee hears that the call is recorded before being connected.
---@param ctx CallContext
---@return string xml
function outgoing.announce(ctx)
  local number = ctx.number or {}
  local text = speech.filled(number.recording_announcement)
  if not text then
    return speech.nothing()
  end
  return twiml.write(twiml.response { speech.greeting(ctx, text) })
end

return outgoing
