-- simulate.lua: one call, decided and played to its end without a telephone.
--
--   simulate.play(options)   -> Simulation
--
-- The rules decide, the real steps write every document, and the simulator follows
-- them as it does for the sandbox. What a running server would store (the plan,
-- whether someone pressed 1) is kept here for the one call.

local answers = require("calls.steps.answers")
local decide = require("calls.rules.decide")
local ending = require("calls.steps.ending")
local outgoing = require("calls.steps.outgoing")
local plan_words = require("calls.plans.words")
local simulator = require("calls.simulator.simulator")
local steps = require("calls.steps.documents")
local text_back = require("calls.steps.text_back")

local simulate = {}

local URL = "/api/twilio/twiml"
local STATUS_URL = "/api/twilio/status-callback"

---@class SimulationOptions
---@field input CallInput? who calls whom, and what rules may know; nil: the number isn't ours
---@field outgoing OutgoingRequest? the call comes from a browser instead
---@field from string
---@field to string
---@field at integer seconds since 1970
---@field rules table the module rules, or one that answers like it
---@field context fun(call: table): CallContext
---@field base_url string SERVER_URL
---@field script table legs, digits, messages, hangup_at, variant: see SimulatorOptions

---@class Simulation: SimulatorResult
---@field decision Decision? nil: nothing had to be decided
---@field refusal OutgoingResult? why a call from a browser isn't made
---@field way string the plan in words
---@field not_rung { target: string, code: string, message: string?, ends_at: integer? }[] offline, away
--- until then (ms), or not to be dialled
---@field text string? sent to the caller afterwards
---@field good boolean the caller talked to someone, left a message or heard a word

local function query_of(url)
  local fields = {}
  for key, value in (url:match("%?(.*)$") or ""):gmatch("([^&=]+)=([^&#]*)") do
    value = value:gsub("+", " ")
    fields[key] = value:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  end
  return fields
end

-- Several steps may ring the same phone: once is enough.
local function note_not_rung(run, entry)
  for _, known in ipairs(run.not_rung) do
    if known.target == entry.target and known.code == entry.code then
      return
    end
  end
  run.not_rung[#run.not_rung + 1] = entry
end

-- Note whom a document left out.
local function note_left_out(run, entered)
  local function add(list)
    for _, entry in ipairs(list or {}) do note_not_rung(run, entry) end
  end
  for _, skipped in ipairs(entered and entered.skipped or {}) do add(skipped.left_out) end
  add(entered and entered.left_out)
end

local function first(run)
  local options = run.options
  if options.outgoing then
    local document, result = outgoing.answer(options.outgoing, run:context())
    run.refusal = result.outcome == "refused" and result or nil
    run.way = run.refusal and "refused" or "ring " .. result.to
    return document
  elseif not options.input then
    run.way = "not in service"
    return steps.unknown_number(run:context())
  end
  local input, rules = options.input, options.rules
  local decision = decide.choose(input, function() return rules.decide(input) end, rules.list())
  run.decision, run.plan, run.way = decision, decision.plan, plan_words.way(decision.plan)
  for _, one in ipairs(decision.left_out or {}) do
    note_not_rung(run, { target = one.target, code = "away", ends_at = one.ends_at * 1000 })
  end
  local document, entered = steps.begin(decision.plan, run:context())
  note_left_out(run, entered)
  run.last = { document = document, entered = entered, cause = "start" }
  return document
end

-- What led to a document that the caller gets; the others are for callees, or end in a message.
local CAUSES = { after = "ring", menu = "menu", consent = "consent" }

local Run = {}
Run.__index = Run

--- The context of a document, as the webhook has it.
function Run:context(query)
  local options, input = self.options, self.options.input
  local ctx = options.context {
    from = options.from, to = options.to, sid = self.sid, name = input and input.caller.name,
    forwarded_from = input and input.forwarded_from,
  }
  ctx.rec = query and query.rec
  return ctx
end

function Run:answer(url, params)
  local query = query_of(url)
  self.sid = self.sid or params.CallSid
  local handler = query.step and answers[query.step]
  if not handler then
    return first(self)
  end
  local answer = handler({ params = params, query = query }, self, self:context(query))
  self.pressed_1 = self.pressed_1 or answer.accepted
  note_left_out(self, answer.entered)
  local cause = CAUSES[query.step]
  if cause == "menu" then
    cause = ending.after_menu(self.plan, answers.whole(query.n), params.Digits)
  end
  if cause then self.last = { document = answer.twiml, entered = answer.entered, cause = cause } end
  return answer.twiml
end

-- Does it end well? Judged as the proof does, by our last document.
local function ends_well(run, result)
  local last = run.last
  if result.outcome ~= "told" or not last then
    return result.outcome ~= "error"
  end
  return not ending.fault(run.plan, last.document, last.entered, last.cause)
end

-- The plan's text, if the call ends so and this caller may get it; texts sent
-- before aren't looked up.
local function text_after(run, result)
  local input, text = run.options.input, run.plan and run.plan.missed_text
  if not text or result.outcome == "connected" then
    return nil
  end
  local refusal = text_back.refusal {
    from = input.from, number = input.number, blocked = false, age_ms = 0, daily_cap = 1,
    policy = run:context().policy,
    past = { talked = false, texted = false, refused = false, today = 0 },
  }
  return not refusal and text or nil
end

---@param options SimulationOptions
---@return Simulation
function simulate.play(options)
  local run = setmetatable({ options = options, way = "", not_rung = {} }, Run)
  run.accepted = function() return run.pressed_1 end
  run.pin_fits = function(_, pin) return pin == "1" end -- what whoever picks up here types
  local script = {
    from = options.from, to = options.to, at = options.at, url = options.base_url .. URL,
    status_callback = options.base_url .. STATUS_URL,
    fetch = function(url, params) return run:answer(url, params) end,
    notify = function() end,
  }
  for name, value in pairs(options.script) do script[name] = value end
  local result = simulator.play(script)
  result.decision, result.refusal, result.way = run.decision, run.refusal, run.way
  result.not_rung, result.good = run.not_rung, ends_well(run, result)
  result.text = text_after(run, result)
  return result
end

return simulate
