-- documents.lua: what Twilio is told at each step of a call.
--
--   steps.begin(plan, ctx)                   -> xml, entered    where the plan starts
--   steps.enter(plan, n, ctx)                -> xml, entered    go to step n
--   steps.after(plan, n, dial, ctx)          -> after           step=after: a dial has ended
--   steps.menu(plan, n, answer, ctx)         -> xml, entered    step=menu: { digits=, try= }
--   steps.consent(plan, n, digits, ctx)      -> xml, entered    step=consent: may the call be recorded?
--   steps.screen(plan, n, ctx)               -> xml             step=screen: the callee hears who it is
--   steps.pin(plan, n, try, ctx)             -> xml             step=screen: … and is asked for a PIN
--   steps.screened(digits)                   -> xml, accepted   step=screened: did the callee press 1?
--   steps.voicemail_done(plan, n, ctx), steps.transcript()               step=vm_done, step=transcript
--   steps.apology(ctx), steps.goodbye(ctx, key), steps.unknown_number(ctx), steps.reject(reason?)
--
-- Every plan that stored_plan.check accepts has an answer at every step: without a
-- plan, or at a step that isn't there, the caller gets voicemail. lua/voice stores
-- what is reported, and answers a repeated webhook as it did the first time.

local caller = require("calls.parties.caller")
local stored_plan = require("calls.plans.stored_plan")
local dial_outcome = require("calls.steps.dial_outcome")
local phrases = require("calls.twiml.phrases")
local speech = require("calls.twiml.speech")
local twiml = require("calls.twiml.document")
local urls = require("calls.twiml.urls")
local follow = require("calls.steps.follow")

---@class After: DialOutcome
---@field twiml string xml
---@field done boolean
---@field next integer? the step entered
---@field entered Entered? with what was skipped on the way

local steps = {}

local function write(nodes)
  return twiml.write(twiml.response(nodes))
end

---@param plan FlatPlan?
---@param n integer?
---@param ctx CallContext
---@return string xml
---@return Entered entered
function steps.enter(plan, n, ctx)
  local nodes = {}
  local entered = follow.follow(plan, n or (plan and plan.start), nodes, ctx)
  return write(nodes), entered
end

---@param plan FlatPlan?
---@param ctx CallContext
---@return string xml
---@return Entered entered
function steps.begin(plan, ctx)
  return steps.enter(plan, plan and plan.start, ctx)
end

local function later(ctx)
  return follow.with(ctx, { in_progress = true })
end

---@param plan FlatPlan?
---@param n integer? the ring that was dialled
---@param report DialReport
---@param ctx CallContext
---@return After
function steps.after(plan, n, report, ctx)
  local step = plan and plan.steps and plan.steps[n] or nil
  local result = dial_outcome.read(step, report)
  if result.connected or result.outcome == "abandoned" then
    result.done = true
    result.twiml = speech.hangup()
    return result
  end
  local following = step and stored_plan.next(step, result.outcome)
  result.twiml, result.entered = steps.enter(plan, following or 0, later(ctx))
  result.next, result.done = result.entered.n, result.entered.done
  return result
end

---@param plan FlatPlan?
---@param n integer
---@param answer { digits: string?, try: integer? }
---@param ctx CallContext
---@return string xml
---@return Entered entered
function steps.menu(plan, n, answer, ctx)
  local step = plan and plan.steps and plan.steps[n]
  local digits, try = answer.digits or "", math.tointeger(tonumber(answer.try)) or 1
  local chosen = step and step.digits and step.digits[digits]
  ctx = later(ctx)
  if chosen then
    return steps.enter(plan, chosen, ctx)
  end
  if step and step.kind == "menu" and try < (step.tries or 2) then
    local nodes = {}
    if digits ~= "" then nodes[1] = speech.phrase(speech.of_step(ctx, step), "wrong_choice") end
    follow.menu(step, n, nodes, ctx, try + 1)
    return write(nodes), { n = n, kind = "menu", done = false, skipped = {} }
  end
  return steps.enter(plan, step and stored_plan.next(step, "otherwise") or 0, ctx)
end

---@param plan FlatPlan?
---@param n integer the ring that waits for the answer
---@param digits string?
---@param ctx CallContext
---@return string xml
---@return Entered entered
function steps.consent(plan, n, digits, ctx)
  return steps.enter(plan, n, follow.with(ctx, { in_progress = true, rec = digits == "1" and "1" or "0" }))
end

-- What the callee hears: whose call it is, and what to press.
local function announcement(ctx, phrase)
  local number, call = ctx.number or {}, ctx.call or {}
  local sentences = phrases.of(ctx.language)
  return speech.phrase(ctx, phrase, {
    company = speech.filled(ctx.company) or speech.filled(number.friendly_name)
      or caller.spoken(number.phone_number or call.to, nil, sentences),
    caller = caller.spoken(call.from, call.name, sentences),
  })
end

---@param plan FlatPlan?
---@param n integer
---@param ctx CallContext
---@return string xml
function steps.screen(plan, n, ctx)
  local step = plan and plan.steps and plan.steps[n] or {}
  local text = announcement(ctx, "screen")
  return write {
    twiml.gather {
      numDigits = 1, timeout = 8, actionOnEmptyResult = true, method = "POST",
      action = urls.step(ctx, "screened", { leg = step.leg, n = n, rule = step.rule }),
      text, twiml.pause { length = 1 }, text,
    },
    twiml.hangup(),
  }
end

---@param plan FlatPlan?
---@param n integer
---@param try integer from 1
---@param ctx CallContext
---@return string xml
function steps.pin(plan, n, try, ctx)
  local step = plan and plan.steps and plan.steps[n] or {}
  return write {
    twiml.gather {
      finishOnKey = "#", timeout = 8, actionOnEmptyResult = true, method = "POST",
      action = urls.step(ctx, "screened", { leg = step.leg, n = n, rule = step.rule, try = try, pin = 1 }),
      announcement(ctx, try > 1 and "wrong_pin" or "screen_pin"),
    },
    twiml.hangup(),
  }
end

---@param digits string?
---@return string xml
---@return boolean accepted
function steps.screened(digits)
  if digits == "1" then
    return speech.nothing(), true
  end
  return speech.hangup(), false
end

---@param plan FlatPlan?
---@param n integer? the voicemail
---@param ctx CallContext
---@return string xml
function steps.voicemail_done(plan, n, ctx)
  return speech.goodbye(speech.of_step(ctx, plan and plan.steps and plan.steps[n]), "thanks")
end

---@param ctx CallContext
---@return string xml
function steps.unknown_number(ctx)
  return speech.goodbye(ctx, "unknown_number")
end

steps.transcript = speech.nothing
steps.apology = speech.apology
steps.goodbye = speech.goodbye
steps.reject = speech.reject

return steps
