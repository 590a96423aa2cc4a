-- voice/fallback.lua: a request to the fallback address, as the request that it stands for.
--
--   voice_fallback.read(req)  -> step, request: what to answer (calls/steps/fallback.lua)

local carried_plan = require("voice.carried_plan")
local decisions = require("models.decisions")
local json = require("json")
local judgements = require("models.judgements")
local log = require("log")
local metrics = require("metrics")
local recent = require("recent")
local fallback = require("calls.steps.fallback")
local screening = require("calls.plans.screening")
local steps = require("calls.steps.documents")
local voice_input = require("voice.input")

local voice_fallback = {}

-- Where the first document of a call leads whose decision couldn't be stored.
local function begun_in_memory(call_sid, at)
  local state = decisions.in_memory(call_sid)
  local about = state and voice_input.about(state.number or "")
  if not about then
    return nil
  end
  local call = { from = state.from, to = state.number, sid = call_sid, forwarded_from = state.forwarded_from }
  local _, entered = steps.begin(state.plan, voice_input.context(about.number, call, at))
  local kind, n = decisions.place(entered)
  return { entered = kind, entered_n = n, at = at }
end

local function known_of(req)
  local call_sid = req.params.CallSid
  local state = decisions.state(call_sid)
  local known = decisions.known(call_sid)
  known.plan = state and state.plan ~= json.null and state.plan or nil
  known.outgoing = (req.params.From or ""):sub(1, 7) == "client:"
  known.facts, known.at = judgements.facts(call_sid), req.at
  known.decision = known.decision or begun_in_memory(call_sid, req.at)
  known.began_late = recent.get("began late " .. call_sid) ~= nil
  return known
end

-- "1" if any ring of the plan asks this phone for a PIN: where the call is may not be stored yet.
local function asks_for_pin(plan, phone)
  for _, step in ipairs(plan ~= json.null and plan.steps or {}) do
    if screening.asks_for_pin(step, phone) then
      return "1"
    end
  end
end

-- Without ErrorUrl the leg says whether it is the callee's: those have a parent that we decided on.
local function unnamed(req)
  local params = req.params
  local parent = params.ParentCallSid
  if not parent or parent == "" or decisions.state(params.CallSid) then
    return nil
  end
  local state = decisions.state(parent)
  if not state then
    return nil
  end
  local known = decisions.known(parent)
  local _, n = fallback.place(known.decision, known.rows)
  return {
    step = state.source == "outgoing" and "announce" or "screen", n = n and tostring(n),
    pin = asks_for_pin(state.plan, params.To),
  }
end

---@param req Request
---@return string step
---@return table request like `req`; `recovered`: the end of a dial was worked out
function voice_fallback.read(req)
  local params = req.params
  local failed = fallback.failed_step(params.ErrorUrl)
  if failed then
    carried_plan.take(failed.plan, params.ParentCallSid ~= "" and params.ParentCallSid or params.CallSid)
  end
  failed = failed or unnamed(req)
  local step, query, more = fallback.plan_of(params, failed, known_of(req))
  if step == "first" and fallback.is_under_way(params) then
    recent.put("began late " .. params.CallSid, "")
  end
  metrics.count("fallbacks")
  log.warn("fallback", {
    call_sid = params.CallSid, code = (params.ErrorCode or ""):match("^%d+$"),
    failed = failed and failed.step, step = step,
  })
  local form = params
  if more then
    form = setmetatable({}, { __index = function(_, name) return more[name] or params[name] end })
  end
  return step, setmetatable({ params = form, query = query, recovered = more ~= nil }, { __index = req })
end

return voice_fallback
