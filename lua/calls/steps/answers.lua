-- answers.lua: the answer to each later step of a call, from the request and the
-- stored plan.
--
--   answers.after(request, saved, ctx)   -> StepAnswer    and so menu, consent, screen, screened,
--                                                         vm_done, transcript
--
-- The webhook (lua/voice) looks up what was saved, and stores what the answer says
-- happened. A simulation keeps both in memory and is otherwise the same.

local stored_plan = require("calls.plans.stored_plan")
local outgoing = require("calls.steps.outgoing")
local steps = require("calls.steps.documents")

---@class StepRequest
---@field params table<string, string> the form
---@field query table<string, string>

---@class SavedCall
---@field plan FlatPlan?
---@field accepted fun(): boolean? whether someone pressed 1 for this call
---@field pin_fits fun(phone: string, pin: string): boolean? is it the PIN of someone who has this phone? nil:
--- that can't be told at the moment

---@class StepAnswer
---@field twiml string
---@field step { n: integer, leg: string, outcome: string, target: string?, skipped: table? }? what happened
---@field entered Entered? where the call goes on, and what was passed over
---@field result After? how a <Dial> ended
---@field accepted boolean? whether a callee who was asked to press 1 did

local answers = {}

local PIN_TRIES = 3

--- Seconds and counts of a form or query; a recording that failed has -1 of them.
---@param text string?
---@return integer? nil if it isn't one
function answers.whole(text)
  return text and #text < 16 and text:find("^%d+$") and math.tointeger(text) or nil
end

local whole = answers.whole

-- What Twilio says of the <Dial>; whether 1 was pressed matters where it says little.
local function dial_report(request, saved)
  local params = request.params
  local status, bridged = params.DialCallStatus, params.DialBridged
  local unsure = bridged == nil and (status == "completed" or status == "answered")
  return {
    status = status, bridged = bridged, parent_status = params.CallStatus,
    accepted = unsure and saved.accepted(), duration = whole(params.DialCallDuration),
  }
end

local function answer(request, document, step, more)
  local out = more or {}
  step.n = whole(request.query.n) or 0
  out.twiml, out.step = document, step
  return out
end

---@param request StepRequest
---@param saved SavedCall
---@param ctx CallContext
---@return StepAnswer
function answers.after(request, saved, ctx)
  local report = dial_report(request, saved)
  if request.query.leg == "out" then
    local result = outgoing.after(report, ctx)
    local step = { leg = "out", outcome = result.outcome, target = request.params.To }
    return answer(request, result.twiml, step, { result = result })
  end
  local plan, n = saved.plan, whole(request.query.n)
  local result = steps.after(plan, n, report, ctx)
  local ring = plan and plan.steps and plan.steps[n]
  return answer(request, result.twiml, {
    leg = request.query.leg or "fwd", outcome = result.outcome,
    skipped = result.entered and result.entered.skipped,
    target = ring and table.concat(stored_plan.targets(ring), " "),
  }, { result = result, entered = result.entered })
end

---@return StepAnswer
function answers.menu(request, saved, ctx)
  local digits, try = request.params.Digits, whole(request.query.try)
  local pressed = { digits = digits, try = try }
  local document, entered = steps.menu(saved.plan, whole(request.query.n), pressed, ctx)
  local step = { leg = "menu" .. (try or 1), outcome = digits or "", skipped = entered.skipped }
  return answer(request, document, step, { entered = entered })
end

---@return StepAnswer
function answers.consent(request, saved, ctx)
  local digits = request.params.Digits
  local document, entered = steps.consent(saved.plan, whole(request.query.n), digits, ctx)
  local outcome = digits == "1" and "agreed" or "declined"
  local step = { leg = "consent", outcome = outcome, skipped = entered.skipped }
  return answer(request, document, step, { entered = entered })
end

--- The callee hears who calls.
---@return StepAnswer
function answers.screen(request, saved, ctx)
  local n = whole(request.query.n)
  if request.query.pin then
    return { twiml = steps.pin(saved.plan, n, 1, ctx) }
  end
  return { twiml = steps.screen(saved.plan, n, ctx) }
end

-- A mailbox presses nothing; a wrong PIN may be typed again.
local function pin_typed(request, saved, ctx)
  local digits, try = request.params.Digits or "", whole(request.query.try) or 1
  local fits = digits ~= "" and saved.pin_fits(request.params.To or "", digits)
  if fits then
    return { twiml = (steps.screened("1")), accepted = true }
  elseif digits ~= "" and (fits == nil or try < PIN_TRIES) then
    local n = whole(request.query.n)
    return { twiml = steps.pin(saved.plan, n, fits == nil and try or try + 1, ctx) }
  end
  return { twiml = (steps.screened()), accepted = false }
end

--- The callee has pressed 1, something else, or nothing.
---@return StepAnswer
function answers.screened(request, saved, ctx)
  if request.query.pin then
    return pin_typed(request, saved, ctx)
  end
  local digits = request.params.Digits
  local document, accepted = steps.screened(digits)
  -- A person said no; a mailbox presses nothing.
  if accepted or (digits or "") == "" then
    return { twiml = document, accepted = accepted }
  end
  return answer(request, document, { leg = "screened", outcome = "declined", target = request.params.To })
end

---@return StepAnswer
function answers.vm_done(request, saved, ctx)
  return { twiml = steps.voicemail_done(saved.plan, whole(request.query.n), ctx) }
end

---@return StepAnswer
function answers.transcript()
  return { twiml = steps.transcript() }
end

--- Tell the callee of a call from the browser that it is recorded.
---@return StepAnswer
function answers.announce(_, _, ctx)
  return { twiml = outgoing.announce(ctx) }
end

return answers
