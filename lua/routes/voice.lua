-- routes/voice.lua: POST /api/twilio/twiml, where every call is decided.
--
-- One address for both directions and for every step of a call; the step rides
-- in the query, which the signature covers. Whatever happens, the answer is
-- TwiML: a caller is on the line. A step is answered once: a repeated webhook
-- gets the stored answer again.

local alerts = require("models.alerts")
local announce = require("routes.announce")
local answers = require("calls.answers")
local calls = require("models.calls")
local decisions = require("models.decisions")
local judgements = require("models.judgements")
local log = require("log")
local numbers = require("models.numbers")
local recordings = require("models.recordings")
local reply = require("hookswitch.reply")
local steps = require("calls.steps")
local voice_input = require("routes.voice_input")
local voice_outgoing = require("routes.voice_outgoing")
local voice_start = require("routes.voice_start")

local whole = answers.whole

local function saved_call(plan, call_sid)
  return { plan = plan, accepted = function() return decisions.accepted(call_sid) end }
end

-- What was saved of the call, and the context its next document is written in.
local function resume(req, call_sid)
  local params, query = req.params, req.query
  local state = decisions.state(call_sid) or {}
  local number = numbers.by_phone(state.number or params.To or "")
  local call = { from = state.from or params.From, to = params.To, sid = call_sid, name = state.name }
  local ctx = voice_input.context(number, call, req.at)
  ctx.v, ctx.rec = whole(query.v) or ctx.v, query.rec
  return saved_call(state.plan, call_sid), ctx
end

local BRIDGED = { ["true"] = true, ["false"] = false }

-- The answer to a step, with the statements that store it, and a note of where it is stored.
local function answered(req, answer)
  local params, step, document = req.params, answer.step, answer.twiml
  local call_sid = params.CallSid
  local batch = { decisions.step {
    call_sid = call_sid, n = step.n, leg = step.leg, outcome = step.outcome, target = step.target,
    dial_call_sid = params.DialCallSid, dial_duration = whole(params.DialCallDuration), answer = document,
    at = req.at, dial_status = params.DialCallStatus, bridged = BRIDGED[params.DialBridged],
    entered = answer.entered,
  } }
  decisions.add_skipped(batch, call_sid, step.skipped or {}, req.at)
  judgements.add(batch, call_sid)
  return document, batch, ("%d %s"):format(step.n, step.leg)
end

-- A number that could not be called is to be looked at.
local function warn_of(batch, bad_target, user_id, at)
  if bad_target then
    batch[#batch + 1] = alerts.raise(user_id, "bad_target", bad_target, "Calls to this number fail.", at)
  end
end

-- Handlers return a document, and what is to be stored before it leaves: statements, and a note.
local STEPS = {}

function STEPS.after(req)
  local call_sid = req.params.CallSid
  if req.query.leg == "out" then
    return answered(req, answers.after(req, saved_call(nil, call_sid), voice_outgoing.context(req)))
  end
  local saved, ctx = resume(req, call_sid)
  local answer = answers.after(req, saved, ctx)
  local document, batch, note = answered(req, answer)
  warn_of(batch, answer.result.bad_target, ctx.number and ctx.number.user_id, req.at)
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
  local saved, ctx = resume(req, req.params.ParentCallSid or req.params.CallSid)
  return answers.screen(req, saved, ctx).twiml
end

function STEPS.screened(req)
  local params, answer = req.params, answers.screened(req)
  local call_sid, step = params.ParentCallSid or params.CallSid, answer.step
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

function STEPS.vm_done(req)
  local saved, ctx = resume(req, req.params.CallSid)
  return answers.vm_done(req, saved, ctx).twiml
end

function STEPS.transcript(req)
  local params = req.params
  if params.TranscriptionStatus == "completed" and params.RecordingSid then
    local text = recordings.transcribed(params.RecordingSid, params.TranscriptionText)
    return answers.transcript().twiml, { text }
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
  local about = params.To and voice_input.about(params.To)
  if about then
    return voice_start.incoming(req, about)
  end
  local report = calls.report {
    call_sid = params.CallSid, direction = "inbound", from = params.From or "", to = params.To or "",
    status = params.CallStatus or "ringing", at = req.at,
  }
  return steps.unknown_number(voice_input.context(nil, {}, req.at)), { report }
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

-- A call is never held up by a database that cannot be written. What was
-- answered before is answered again.
local function stored(req, note, changed, message, code)
  local call_sid = req.params.CallSid
  if not changed then
    log.error("not_stored", { call_sid = call_sid, code = code, message = message })
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
    local n, leg = note:match("^(%-?%d+) (.*)$")
    before = decisions.answer(call_sid, tonumber(n), leg)
  end
  return before and reply.twiml(before)
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
  { "POST", "/twiml", voice, stored = stored, rescue = rescue,
    summary = "Twilio asks what to do with a call",
    responses = { [200] = { ["text/xml"] = { type = "string" } } } },
}
