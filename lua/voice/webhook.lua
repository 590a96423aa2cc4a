-- voice/webhook.lua: what POST /api/twilio/twiml answers, where every call is decided.
--
--   webhook.answer(req)                      -> Reply, and what is stored before it leaves
--   webhook.stored(req, note, changed, …)    after the commit: the first answer, if this repeats one
--   webhook.rescue(req)                      when everything else failed
--
-- One address for both directions and for every step of a call; the step rides
-- in the query, which the signature covers. Whatever happens, the answer is
-- TwiML: a caller is on the line. A step is answered once: a repeated webhook
-- gets the stored answer again.

local alerts = require("models.alerts")
local announce = require("models.announce")
local answers = require("calls.steps.answers")
local calls = require("models.calls")
local carried_plan = require("voice.carried_plan")
local decisions = require("models.decisions")
local judgements = require("models.judgements")
local lines = require("models.lines")
local log = require("log")
local recent = require("recent")
local recordings = require("models.recordings")
local reply = require("hookswitch.reply")
local speech = require("calls.twiml.speech")
local steps = require("calls.steps.documents")
local team_phones = require("voice.team_phones")
local voice_fallback = require("voice.fallback")
local voice_input = require("voice.input")
local voice_outgoing = require("voice.outgoing")
local voice_start = require("voice.start")

local whole = answers.whole

local function saved_call(plan, call_sid)
  return {
    plan = plan, accepted = function() return decisions.accepted(call_sid) end,
    pin_fits = team_phones.pin_fits,
  }
end

-- What was saved of the call, and the context its next document is written in.
local function resume(req, call_sid)
  local params, query = req.params, req.query
  local state = decisions.state(call_sid) or {}
  local about = voice_input.about(state.number or params.To or "")
  local number = about and about.number
  local name = state.name
  if state.stored and number then
    name = voice_input.name_of(number.user_id, state.from)
  end
  local call = { from = state.from or params.From, to = params.To, sid = call_sid, name = name,
    forwarded_from = state.forwarded_from, carried = state.carried }
  local ctx = voice_input.context(number, call, req.at)
  ctx.v, ctx.rec = whole(query.v) or ctx.v, query.rec
  return saved_call(state.plan, call_sid), ctx
end

local BRIDGED = { ["true"] = true, ["false"] = false }

-- The answer to a step, with the statements that store it, and a note of where it is stored.
local function answered(req, answer)
  local params, step, document = req.params, answer.step, answer.twiml
  local call_sid = params.CallSid
  local said = req.recovered and {} or params -- an outcome worked out here isn't Twilio's
  local batch = { decisions.step {
    call_sid = call_sid, n = step.n, leg = step.leg, outcome = step.outcome, target = step.target,
    dial_call_sid = params.DialCallSid, dial_duration = whole(params.DialCallDuration), answer = document,
    at = req.at, entered = answer.entered, dial_status = said.DialCallStatus,
    bridged = BRIDGED[said.DialBridged],
  } }
  decisions.add_skipped(batch, call_sid, step.skipped or {}, req.at)
  judgements.add(batch, call_sid)
  return document, batch, decisions.note(step.n, step.leg, answer.entered)
end

-- A number that could not be called is to be looked at.
local function warn_of(batch, bad_target, user_id, step, req)
  if bad_target then
    local fact = { "step", req.params.CallSid, step.n, step.leg }
    alerts.add(batch, fact, { user_id = user_id, kind = "bad_target", subject = bad_target,
      detail = "Calls to this number fail.", at = req.at })
  end
end

-- Handlers return a document, and what is to be stored before it leaves: statements, and a note.
local STEPS = {}

function STEPS.after(req)
  local call_sid = req.params.CallSid
  lines.ended(call_sid, whole(req.query.n) or 0)
  if req.query.leg == "out" then
    return answered(req, answers.after(req, saved_call(nil, call_sid), voice_outgoing.context(req)))
  end
  local saved, ctx = resume(req, call_sid)
  local answer = answers.after(req, saved, ctx)
  local document, batch, note = answered(req, answer)
  warn_of(batch, answer.result.bad_target, ctx.number and ctx.number.user_id, answer.step, req)
  return document, batch, note
end

function STEPS.menu(req)
  local saved, ctx = resume(req, req.params.CallSid)
  return answered(req, answers.menu(req, saved, ctx))
end

function STEPS.consent(req)
  local saved, ctx = resume(req, req.params.CallSid)
  return answered(req, answers.consent(req, saved, ctx))
end

-- The next two run on the callee's leg: CallSid is the child's.
function STEPS.screen(req)
  return answers.screen(req, resume(req, req.params.ParentCallSid or req.params.CallSid)).twiml
end

function STEPS.screened(req)
  local params = req.params
  local call_sid = params.ParentCallSid or params.CallSid
  local saved, ctx
  if req.query.pin then saved, ctx = resume(req, call_sid) end
  local answer = answers.screened(req, saved, ctx)
  local step = answer.step
  if answer.accepted then
    local dial = { n = whole(req.query.n), leg = req.query.leg }
    local batch = { decisions.accept(call_sid, params.CallSid, dial, req.at) }
    judgements.add(batch, call_sid)
    return answer.twiml, batch
  elseif step then
    return answer.twiml, { decisions.step {
      call_sid = call_sid, n = step.n, leg = step.leg, outcome = step.outcome, target = step.target,
      dial_call_sid = params.CallSid, at = req.at,
    } }
  end
  return answer.twiml
end

-- The recording's own report may be lost, and is what says that it is complete.
function STEPS.vm_done(req)
  local params, batch = req.params, nil
  local saved, ctx = resume(req, params.CallSid)
  if params.RecordingSid then
    local number, seconds = ctx.number or {}, whole(params.RecordingDuration) or 0
    batch = { recordings.report {
      recording_sid = params.RecordingSid, call_sid = params.CallSid, user_id = number.user_id,
      phone_number_id = number.id, kind = "voicemail", status = "processing", duration = seconds,
      started_at = req.at - seconds * 1000, at = req.at,
    } }
    judgements.add(batch, params.CallSid)
  end
  return answers.vm_done(req, saved, ctx).twiml, batch
end

function STEPS.transcript(req)
  local params = req.params
  if params.TranscriptionStatus == "completed" and params.RecordingSid then
    local call_sid = params.CallSid
    local batch = { recordings.transcribed(params.RecordingSid, call_sid, params.TranscriptionText, req.at) }
    judgements.add(batch, call_sid)
    return answers.transcript().twiml, batch
  end
  return answers.transcript().twiml
end

function STEPS.announce(req)
  return voice_outgoing.announce(req)
end

local function first(req)
  local params = req.params
  if (params.From or ""):sub(1, 7) == "client:" then
    return voice_outgoing.start(req)
  end
  -- A call that some other program makes through Twilio's API is not one of our callers.
  local outgoing = (params.Direction or ""):sub(1, 8) == "outbound"
  local about = not outgoing and params.To and voice_input.about(params.To)
  if about then
    return voice_start.incoming(req, about)
  end
  local report = calls.report {
    call_sid = params.CallSid, direction = outgoing and "outbound" or "inbound", from = params.From or "",
    to = params.To or "", status = params.CallStatus or "ringing", at = req.at,
  }
  return steps.unknown_number(voice_input.context(nil, {}, req.at)), { report }
end

-- What only the fallback address leads to.
local RECOVERY = { first = first }

-- The caller hears the step they are at once more.
function RECOVERY.again(req)
  local saved, ctx = resume(req, req.params.CallSid)
  ctx.in_progress = req.params.CallStatus ~= "ringing"
  local n = whole(req.query.n)
  local document, entered = steps.enter(saved.plan, n, ctx)
  local step = { n = n or 0, leg = "again", outcome = entered.kind, skipped = entered.skipped }
  return answered(req, { twiml = document, step = step, entered = entered })
end

function RECOVERY.apology(req)
  local _, ctx = resume(req, req.params.CallSid)
  local step = { n = whole(req.query.n) or 0, leg = "again", outcome = "voicemail" }
  return answered(req, { twiml = steps.apology(ctx), step = step, entered = { kind = "voicemail" } })
end

function RECOVERY.hangup()
  return speech.hangup()
end

-- The fallback of our own numbers and of the TwiML App: an answer was lost.
function STEPS.fallback(req)
  local step, request = voice_fallback.read(req)
  return (RECOVERY[step] or STEPS[step])(request)
end

local ON_CALLEE = { screen = true, screened = true, announce = true }

-- The CallSid of the caller's leg: some steps run on the callee's.
local function callers_leg(req, step)
  local parent = req.params.ParentCallSid
  return ON_CALLEE[step] and parent and parent ~= "" and parent or req.params.CallSid
end

local webhook = {}

---@param req Request
function webhook.answer(req)
  local step, plan = req.query.step, req.query.plan
  local handler = step and STEPS[step] or first
  if plan then
    carried_plan.take(plan, callers_leg(req, step))
  end
  return reply.twiml(handler(req))
end

-- A call is never held up by a database that cannot be written. What was
-- answered before is answered again.
function webhook.stored(req, note, changed, message, code)
  local call_sid = req.params.CallSid
  if not changed then
    log.error("not_stored", { call_sid = call_sid, code = code, message = message })
    if note and note ~= voice_start.FIRST then
      decisions.remember_step(call_sid, note, req.at)
    end
    return nil
  end
  -- Who looks on is never in the way of who calls.
  local told, problem = pcall(announce.call, call_sid)
  if not told then
    log.warn("not_announced", { call_sid = call_sid, message = tostring(problem) })
  end
  if not note or changed[1] > 0 then
    return nil
  end
  local before
  if note == voice_start.FIRST then
    before = voice_start.again(req)
  else
    local n, leg = note:match("^(%-?%d+) (%S+)")
    before = decisions.answer(call_sid, tonumber(n), leg)
  end
  return before and reply.twiml(before)
end

-- When even that failed: the callee is connected, the caller leaves a message. What became of the call is
-- looked up later, since nothing was stored.
function webhook.rescue(req)
  local step, digits = req.query.step, req.params.Digits
  recent.mark(req.params.ParentCallSid or req.params.CallSid or "")
  if req.query.pin then
    return reply.twiml((steps.screened())) -- nobody has proved who they are
  elseif step == "screen" or step == "transcript" or step == "announce" then
    return reply.twiml(steps.transcript())
  end
  if step == "screened" then
    return reply.twiml((steps.screened(digits)))
  end
  return reply.twiml(steps.apology(voice_input.bare_context()))
end

return webhook
