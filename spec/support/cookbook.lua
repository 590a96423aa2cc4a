-- cookbook.lua: plays calls against the rules of a Lua folder, for the cookbook's
-- spec: hookswitch run spec/support/cookbook.lua '[{"example":"from = …","legs":[…],"digits":[…]}]'
--
-- The rules decide in their own VM, on what an example of a rule file says; the
-- call is played to its end. Prints {timeline, missed_text} of each as JSON.

local config = require("config")
local examples = require("calls.rules.examples")
local json = require("json")
local simulate = require("calls.simulator.simulate")
local rules = require("rules")
local simulator = require("calls.simulator.simulator")

local BASE = "https://phone.example.com"

local function play(order)
  local example = assert(load("return {" .. order.example .. "}"))()
  local zone = examples.zone(example, { zone = config.get("timezone"), calendar = rules.calendar() })
  local input = assert(examples.input(example, zone))
  local online = input.line.online and { [input.owner.id] = true } or {}
  local played = simulate.play {
    input = input, from = input.from, to = input.to, at = input.at, rules = rules, base_url = BASE,
    context = function(call)
      return { base_url = BASE, number = input.number, v = rules.version(), online = online, call = call }
    end,
    script = { legs = order.legs, digits = order.digits },
  }
  assert(not played.decision.error, played.decision.error)
  return {
    timeline = json.array(simulator.lines(played.timeline)), missed_text = played.decision.plan.missed_text,
  }
end

local results = json.array {}
for position, order in ipairs(assert(json.decode((...)))) do
  results[position] = play(order)
end
print(json.encode(results))
