-- voice/outgoing.lua: calls that people make from the browser.
--
-- From = client:<identity> is signed by Twilio; everything else is what a page
-- sent. The caller id is checked against the user's own numbers.

local caller = require("calls.parties.caller")
local calls = require("models.calls")
local decisions = require("models.decisions")
local judgements = require("models.judgements")
local json = require("json")
local metrics = require("metrics")
local numbers = require("models.numbers")
local outgoing = require("calls.steps.outgoing")
local users = require("models.users")
local voice_input = require("voice.input")

local voice_outgoing = {}

local YES = { ["true"] = true, yes = true, ["1"] = true }

---@param req Request
---@return OutgoingContext
function voice_outgoing.context(req)
  local params = req.params
  local user_id = caller.classify(params.From).user
  local ctx = voice_input.context(nil, { from = params.From, to = params.To, sid = params.CallSid }, req.at)
  ctx.is_disabled = user_id and users.is_disabled(user_id)
  ctx.numbers = user_id and numbers.callable(user_id) or {}
  ctx.policy = user_id and voice_input.policy(user_id, params.CallSid, req.at)
  return ctx
end

---@param req Request
---@return string twiml
---@return table[] batch
function voice_outgoing.start(req)
  local params = req.params
  local user_id = caller.classify(params.From).user
  local request = {
    from = params.From, to = params.To, caller_id = params.CallerId or params.callerId,
    record = YES[params.Record or params.record],
  }
  local document, result = outgoing.answer(request, voice_outgoing.context(req))
  local plan = { start = 1, steps = { { kind = "ring", leg = "out", targets = {
    result.user and { user = result.user } or { phone = result.to },
  } } } }
  local inputs = {
    from = params.From, to = params.To, caller_id = result.caller_id, recorded = result.recorded,
    at = req.at // 1000,
  }
  local batch = {
    calls.report {
      call_sid = params.CallSid, user_id = user_id, phone_number_id = result.number and result.number.id,
      direction = "outbound", from = params.From, to = params.To or "",
      status = params.CallStatus or "ringing", at = req.at,
    },
    decisions.insert {
      call_sid = params.CallSid, at = req.at, source = "outgoing", error = result.message,
      plan_json = json.encode(plan), inputs_json = json.encode(inputs), reads_json = "{}",
      entered = result.outcome == "refused" and { kind = "refused: " .. result.code }
        or { kind = "ring", n = 1 },
    },
  }
  judgements.add(batch, params.CallSid)
  metrics.count("calls")
  return document, batch
end

--- What the callee hears before being connected, when the call is recorded.
---@param req Request
---@return string twiml
function voice_outgoing.announce(req)
  -- The leg to the callee shows our number.
  local number = numbers.by_phone(req.params.From or "")
  return outgoing.announce(voice_input.context(number, {}, req.at))
end

return voice_outgoing
