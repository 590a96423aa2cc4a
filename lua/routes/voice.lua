-- routes/voice.lua: POST /api/twilio/twiml, where every call is decided.
--
-- One address for both directions and for every step of a call; the step rides
-- in the query, which the signature covers. Whatever happens, the answer is
-- TwiML: a caller is on the line. A step is answered once: a repeated webhook
-- gets the stored answer again.

local alerts = require("models.alerts")
local calls = require("models.calls")
local decisions = require("models.decisions")
local flat = require("calls.flat")
local missed = require("models.missed")
local numbers = require("models.numbers")
local recordings = require("models.recordings")
local reply = require("hookswitch.reply")
local steps = require("calls.steps")
local voice_input = require("routes.voice_input")
local voice_outgoing = require("routes.voice_outgoing")
local voice_start = require("routes.voice_start")

local function whole(text)
  return text and #text < 16 and math.tointeger(tonumber(text)) or nil
end

-- The call's stored plan and the context its next document is written in.
local function resume(req, call_sid)
  local params, query = req.params, req.query
  local state = decisions.state(call_sid) or {}
  local number = numbers.by_phone(state.number or params.To or "")
  local call = { from = state.from or params.From, to = params.To, sid = call_sid, name = state.name }
  local ctx = voice_input.context(number, call, req.at)
  ctx.v, ctx.rec = whole(query.v) or ctx.v, query.rec
  return state.plan, whole(query.n), ctx
end

-- Answer a step and store the answer, unless it was answered before.
local function answered(req, step, document, more)
  local call_sid = req.params.CallSid
  local batch = more or {}
  table.insert(batch, 1, decisions.step {
    call_sid = call_sid, n = whole(req.query.n) or 0, leg = step.leg, outcome = step.outcome,
    target = step.target, dial_call_sid = req.params.DialCallSid,
    dial_duration = whole(req.params.DialCallDuration), answer = document, at = req.at,
  })
  decisions.add_skipped(batch, call_sid, step.skipped or {}, req.at)
  local changed = voice_start.store(call_sid, batch)
  if changed and changed[1] == 0 then
    return decisions.answer(call_sid, whole(req.query.n) or 0, step.leg) or document
  end
  return document
end

local function dial_report(req)
  local params = req.params
  local status, bridged = params.DialCallStatus, params.DialBridged
  local unsure = bridged == nil and (status == "completed" or status == "answered")
  return {
    status = status, bridged = bridged, parent_status = params.CallStatus,
    accepted = unsure and decisions.accepted(params.CallSid), duration = whole(params.DialCallDuration),
  }
end

-- What an ended dial means for the log: how the call ended, numbers to look at.
local function consequences(req, result, user_id)
  local call_sid, batch = req.params.CallSid, {}
  if result.connected then
    local talked = (whole(req.params.DialCallDuration) or 0) * 1000
    batch[1] = calls.ended_by(call_sid, result.outcome, req.at - talked)
    batch[2] = missed.changed(call_sid)
  elseif result.caller_gone then
    batch[1] = calls.ended_by(call_sid, "abandoned")
    batch[2] = missed.changed(call_sid)
  end
  if result.bad_target then
    local why = "Calls to this number fail."
    batch[#batch + 1] = alerts.raise(user_id, "bad_target", result.bad_target, why, req.at)
  end
  return batch
end

local STEPS = {}

function STEPS.after(req)
  if req.query.leg == "out" then
    local result = voice_outgoing.after(req, dial_report(req))
    local step = { leg = "out", outcome = result.outcome, target = req.params.To }
    return answered(req, step, result.twiml, consequences(req, result))
  end
  local plan, n, ctx = resume(req, req.params.CallSid)
  local result = steps.after(plan, n, dial_report(req), ctx)
  local ring = plan and plan.steps and plan.steps[n]
  local step = {
    leg = req.query.leg or "fwd", outcome = result.outcome,
    skipped = result.entered and result.entered.skipped,
    target = ring and table.concat(flat.targets(ring), " "),
  }
  local owner = ctx.number and ctx.number.user_id
  return answered(req, step, result.twiml, consequences(req, result, owner))
end

function STEPS.menu(req)
  local plan, n, ctx = resume(req, req.params.CallSid)
  local try = whole(req.query.try)
  local document, entered = steps.menu(plan, n, { digits = req.params.Digits, try = try }, ctx)
  local step = { leg = "menu" .. (try or 1), outcome = req.params.Digits or "", skipped = entered.skipped }
  return answered(req, step, document)
end

function STEPS.consent(req)
  local plan, n, ctx = resume(req, req.params.CallSid)
  local digits = req.params.Digits
  local document, entered = steps.consent(plan, n, digits, ctx)
  local outcome = digits == "1" and "agreed" or "declined"
  return answered(req, { leg = "consent", outcome = outcome, skipped = entered.skipped }, document)
end

-- The next two run on the callee's leg: CallSid is the child's.
function STEPS.screen(req)
  local plan, n, ctx = resume(req, req.params.ParentCallSid or req.params.CallSid)
  return steps.screen(plan, n, ctx)
end

function STEPS.screened(req)
  local params = req.params
  local document, accepted = steps.screened(nil, nil, params.Digits)
  if accepted then
    voice_start.store(params.CallSid, {
      decisions.accept(params.ParentCallSid or params.CallSid, params.CallSid, req.at),
    })
  elseif (params.Digits or "") ~= "" then
    -- A person said no; a mailbox presses nothing.
    voice_start.store(params.CallSid, { decisions.step {
      call_sid = params.ParentCallSid or params.CallSid, n = whole(req.query.n) or 0, leg = "screened",
      outcome = "declined", target = params.To, dial_call_sid = params.CallSid, at = req.at,
    } })
  end
  return document
end

function STEPS.vm_done(req)
  local _, _, ctx = resume(req, req.params.CallSid)
  return steps.voicemail_done(ctx)
end

function STEPS.transcript(req)
  local params = req.params
  if params.TranscriptionStatus == "completed" and params.RecordingSid then
    local text = recordings.transcribed(params.RecordingSid, params.TranscriptionText)
    voice_start.store(params.CallSid, { text })
  end
  return steps.transcript()
end

function STEPS.announce(req)
  return voice_outgoing.announce(req)
end

local function first(req)
  local params = req.params
  if (params.From or ""):sub(1, 7) == "client:" then
    return voice_outgoing.start(req)
  end
  local about = params.To and voice_input.about(params.To)
  if about then
    return voice_start.incoming(req, about)
  end
  voice_start.store(params.CallSid, { calls.report {
    call_sid = params.CallSid, direction = "inbound", from = params.From or "", to = params.To or "",
    status = params.CallStatus or "ringing", at = req.at,
  } })
  return steps.unknown_number(voice_input.context(nil, {}, req.at))
end

-- The fallback of our own numbers: an earlier answer was lost. A call that had
-- come further is not started again; its caller may leave a message.
function STEPS.fallback(req)
  if not decisions.under_way(req.params.CallSid) then
    return first(req)
  end
  local params = req.params
  local call = { from = params.From, to = params.To, sid = params.CallSid }
  local ctx = voice_input.context(numbers.by_phone(params.To or ""), call, req.at)
  if (params.From or ""):sub(1, 7) == "client:" then
    return steps.goodbye(ctx)
  end
  return steps.apology(ctx)
end

---@param req Request
local function voice(req)
  local step = req.query.step
  local handler = step and STEPS[step] or first
  return reply.twiml(handler(req))
end

-- When even that failed: the callee is connected, the caller leaves a message.
local function rescue(req)
  local step, digits = req.query.step, req.params.Digits
  if step == "screen" or step == "transcript" or step == "announce" then
    return reply.twiml(steps.transcript())
  end
  if step == "screened" then
    return reply.twiml((steps.screened(nil, nil, digits)))
  end
  return reply.twiml(steps.apology(voice_input.bare_context()))
end

return {
  prefix = "/api/twilio",
  tag = "Webhooks",
  auth = "twilio",
  { "POST", "/twiml", voice, rescue = rescue,
    summary = "Twilio asks what to do with a call",
    responses = { [200] = { ["text/xml"] = { type = "string" } } } },
}
