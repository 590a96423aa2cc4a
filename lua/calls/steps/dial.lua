-- dial.lua: the <Dial> of a ring step.
--
--   dial.targets(step, ctx, n?)       -> targets to ring now, targets left out and why
--   dial.node(step, n, targets, ctx)  -> <Dial>
--   dial.recording(ctx)               -> "no"|"yes"|"announce"|"ask": what the number's policy wants now
--
-- A browser without a heartbeat would let the caller listen to 20 seconds of
-- nothing, so it is left out; so is a phone the policy refuses, and one that the
-- call comes from.

local caller = require("calls.parties.caller")
local identity = require("calls.parties.identity")
local policy = require("calls.parties.policy")
local speech = require("calls.twiml.speech")
local screening = require("calls.plans.screening")
local twiml = require("calls.twiml.document")
local urls = require("calls.twiml.urls")

local dial = {}

local PLUS = ("+"):byte()

local PROGRESS = "initiated ringing answered completed"
dial.CALL_LIMIT_SECONDS = 14400

--- Is this user's browser registered? Unknown counts as yes.
---@param online table|boolean|nil set or list of user ids
---@param user_id string
---@return boolean
function dial.is_online(online, user_id)
  if type(online) ~= "table" then
    return online ~= false
  end
  if online[user_id] then
    return true
  end
  for _, id in ipairs(online) do
    if tostring(id) == user_id then
      return true
    end
  end
  return false
end

--- A phone that calls, or that forwarded the call here, would only lead back to us.
---@param phone string
---@param call { from: string?, forwarded_from: string? }
---@return string? message nil: it can be rung
function dial.loop(phone, call)
  local from = call.from
  if from and from:byte() ~= PLUS then
    from = caller.phone(from, phone)
  end
  if phone == from then
    return phone .. " is the phone that is calling."
  elseif phone == call.forwarded_from then
    return phone .. " forwarded this call here."
  end
end

local function phone_allowed(phone, ctx, planned)
  local number = ctx.number
  if number and number.phone_number == phone then
    return nil, phone .. " is the number that was called.", "own_number"
  end
  local loop = ctx.call and dial.loop(phone, ctx.call)
  if loop then
    return nil, loop, "loop"
  end
  local ok, message, code = policy.check(phone, ctx.policy)
  if ok and ctx.policy then ok, message, code = policy.caps(ctx.policy, planned) end
  return ok, message, code
end

---@param step PlanStep
---@param ctx CallContext
---@param n integer? the step, when it is dialled now: then its telephones count
---@return PlanTarget[] live
---@return { target: string, code: string, message: string? }[] left_out
function dial.targets(step, ctx, n)
  local live, left_out = {}, {}
  for _, target in ipairs(step.targets or {}) do
    if target.user then
      if dial.is_online(ctx.online, target.user) then
        live[#live + 1] = target
      else
        left_out[#left_out + 1] = { target = "user:" .. target.user, code = "offline" }
      end
    else
      local ok, message, code = phone_allowed(target.phone, ctx,
        n and { n = n, phone = target.phone, seconds = step.seconds })
      if ok then
        live[#live + 1] = target
      else
        left_out[#left_out + 1] = { target = tostring(target.phone), code = code, message = message }
      end
    end
  end
  return live, left_out
end

--- What has to happen about recording before this call is dialled.
---@param ctx CallContext
---@return "no"|"yes"|"announce"|"ask"
function dial.recording(ctx)
  local number = ctx.number or {}
  if number.recording == "on" then
    return not ctx.rec and speech.filled(number.recording_announcement) and "announce" or "yes"
  elseif number.recording == "ask" then
    if ctx.rec == nil then
      return "ask"
    end
    return ctx.rec == "1" and "yes" or "no"
  end
  return "no"
end

local function number_node(target, step, n, ctx)
  local screen
  if screening.asks_to_press(step, target.phone) then
    local pin = screening.asks_for_pin(step, target.phone) and 1 or nil
    screen = urls.step(ctx, "screen", { leg = step.leg, n = n, rule = step.rule, pin = pin })
  end
  return twiml.number {
    target.phone, url = screen,
    statusCallback = urls.status(ctx), statusCallbackEvent = PROGRESS,
  }
end

--- What a browser shows of the caller.
---@param ctx CallContext
---@return string
function dial.shown(ctx)
  local call = ctx.call or {}
  return ctx.caller_shown or speech.cut(caller.shown(call.from, call.name), 120)
end

local function client_node(target, ctx)
  local call = ctx.call or {}
  local number = ctx.number or {}
  return twiml.client {
    statusCallback = urls.status(ctx), statusCallbackEvent = PROGRESS,
    twiml.identity(identity.of(target.user)),
    twiml.parameter { name = "from_name", value = dial.shown(ctx) },
    twiml.parameter { name = "to", value = number.phone_number or call.to or "" },
  }
end

-- The number that a rule wants to be shown. Twilio refuses one that isn't the account's (its error 13214),
-- so one that isn't ours any more is left out.
local function own_caller_id(step, ctx)
  local own = ctx.number and ctx.number.phone_number
  local ours = ctx.policy and ctx.policy.own_numbers
  if step.caller_id == "called" or step.caller_id == own then
    return own
  end
  return (not ours or ours[step.caller_id]) and step.caller_id or nil
end

---@param step PlanStep
---@param n integer
---@param targets PlanTarget[] from dial.targets
---@param ctx CallContext
---@return TwimlNode
function dial.node(step, n, targets, ctx)
  local call, number = ctx.call or {}, ctx.number or {}
  local recorded = dial.recording(ctx) == "yes" or nil
  local phones = false
  local t = {
    answerOnBridge = true, timeout = step.seconds,
    action = urls.step(ctx, "after", { leg = step.leg, n = n, rule = step.rule }), method = "POST",
    record = recorded and "record-from-answer-dual",
    recordingStatusCallback = recorded and urls.recording(ctx),
    recordingStatusCallbackEvent = recorded and "completed absent",
  }
  for i, target in ipairs(targets) do
    phones = phones or target.phone ~= nil
    t[i] = target.phone and number_node(target, step, n, ctx) or client_node(target, ctx)
  end
  t.timeLimit = ctx.call_limit_seconds or dial.CALL_LIMIT_SECONDS
  if phones then
    t.callerId = own_caller_id(step, ctx) or ctx.caller_id or caller.id(call.from, number.phone_number)
    t.timeLimit = policy.time_limit(ctx.policy, t.timeLimit)
  end
  return twiml.dial(t)
end

return dial
