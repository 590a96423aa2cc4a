-- cookbook.lua: plays calls against the rules of a Lua folder, for the cookbook's
-- spec: hookswitch run spec/support/cookbook.lua '[{"example":"from = …","legs":[…],"digits":[…]}]'
--
-- The rules decide in their own VM; the documents are those of the engine, and
-- calls.simulator acts on them as Twilio does. Prints {timeline, outcome, rule,
-- missed_text} of each call as JSON.

local answers = require("calls.answers")
local config = require("config")
local decide = require("calls.decide")
local examples = require("calls.examples")
local json = require("json")
local rules = require("rules")
local simulator = require("calls.simulator")
local steps = require("calls.steps")

local BASE = "https://phone.example.com"

local function query_of(url)
  local query = {}
  for name, value in (url:match("%?(.*)$") or ""):gmatch("([%w_]+)=([^&]*)") do
    query[name] = value
  end
  return query
end

local function context(input, online)
  return {
    base_url = BASE, number = input.number, v = rules.version(), online = online,
    call = { from = input.from, to = input.to, sid = "CA1", name = input.caller.name },
  }
end

local function play(order)
  local example = assert(load("return {" .. order.example .. "}"))()
  local input = assert(examples.input(example, config.get("timezone")))
  local list = rules.list()
  local decision = decide.choose(input, function() return rules.decide(input) end, list)
  assert(not decision.error, decision.error)
  local ctx = context(input, input.line.online and { [input.owner.id] = true } or {})
  local accepted = false
  local saved = { plan = decision.plan, accepted = function() return accepted end }
  local result = simulator.play {
    url = BASE .. "/api/twilio/twiml", from = input.from, to = input.to,
    legs = order.legs, digits = order.digits,
    fetch = function(url, params)
      local query = query_of(url)
      if not query.step then
        return (steps.enter(decision.plan, nil, ctx))
      end
      local answer = answers[query.step]({ params = params, query = query }, saved, ctx)
      accepted = accepted or answer.accepted
      return answer.twiml
    end,
    notify = function() end,
  }
  return {
    timeline = json.array(simulator.lines(result.timeline)), outcome = result.outcome,
    rule = decision.rule, missed_text = decision.plan.missed_text,
  }
end

local results = json.array {}
for position, order in ipairs(assert(json.decode((...)))) do
  results[position] = play(order)
end
print(json.encode(results))
