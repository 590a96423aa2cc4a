-- dial.lua: the <Dial> of a simulated call: who rings, who wins, what its action
-- is sent.
--
-- Several nouns ring at the same time; the first to be connected wins. Twilio
-- doesn't say whether, with a noun's own document, that is the first to pick up or
-- the first to accept: `variant.simulring` does.

local recordings = require("calls.simulator.recording")
local simulator_leg = require("calls.simulator.leg")
local reader = require("calls.twiml.reader")

local TIME_LIMIT = 14400
local NOUNS = { Number = true, Client = true, Sip = true }

---@class SimulatorDial
---@field call SimulatorCall
---@field party SimulatorParty
---@field legs SimulatorLeg[]
---@field winner SimulatorLeg?
---@field from string caller id

local Dial = {}
Dial.__index = Dial

local function nouns_of(party, node)
  local list = {}
  for _, child in ipairs(reader.elements(node)) do
    if NOUNS[child.name] then
      list[#list + 1] = child
    else
      local text = ("meets <%s> in <Dial>, which is not simulated"):format(child.name)
      party:event("unsupported", text, { verb = child.name })
    end
  end
  if #list == 0 and reader.text(node) ~= "" then
    list[1] = { name = "Number", attributes = {}, children = node.children }
  end
  return list
end

local function new(party, node)
  local call, attributes = party.call, node.attributes
  return setmetatable({
    call = call, party = party, node = node, attributes = attributes, legs = {}, done = {},
    started = call.clock.now,
    seconds = (tonumber(attributes.timeout or "") or 30) + call.variant.dial_buffer,
    time_limit = tonumber(attributes.timeLimit or "") or TIME_LIMIT,
    from = attributes.callerId or call.base.From,
  }, Dial)
end

-- What the legs tell ----------------------------------------------------------------

function Dial:end_others(leg)
  for _, other in ipairs(self.legs) do
    if other ~= leg then
      other:finish("canceled")
    end
  end
end

function Dial:picked_up(leg)
  if self.call.variant.simulring == "first-pickup" then
    self:end_others(leg)
  end
end

function Dial:connected(leg, words)
  self.winner = leg
  self:end_others(leg)
  self.party:answer()
  self.party:event("connected", words .. leg.target, { to = leg.target })
  local record = self.attributes.record or "do-not-record"
  if record ~= "do-not-record" and record ~= "false" then
    local channels = record:find("dual", 1, true) and 2 or 1
    self.recording = recordings.begin(self.party, self.node, { source = "DialVerb", channels = channels })
  end
end

function Dial:leg_over(leg)
  if leg == self.winner and self.recording then
    recordings.finish(self.recording, leg.ended_at - leg.connected_at)
  end
  for _, other in ipairs(self.legs) do
    if not other.over then
      return
    end
  end
  self.call.clock:signal(self.done)
end

-- How it ended ----------------------------------------------------------------------

-- The leg that stands for the dial, and DialCallStatus.
local function outcome(self)
  local best, rank = self.legs[#self.legs], 0
  local RANKS = { failed = 1, canceled = 2, ["no-answer"] = 3, busy = 4 }
  for _, leg in ipairs(self.legs) do
    local worth = leg.declined and 5 or RANKS[leg.status] or 0
    if worth > rank then
      best, rank = leg, worth
    end
  end
  if rank == 5 then
    local word = self.call.variant.declined
    return best, (word == "bridged-false" or word == "bridged-absent") and "completed" or word
  end
  return best, best and best.status or "failed"
end

-- The form of the action.
local function result(self, gone)
  local winner, variant = self.winner, self.call.variant
  local leg, status = winner, "completed"
  if not winner then
    leg, status = outcome(self)
    status = gone and variant.hangup or status
  end
  local more = { DialCallStatus = status, DialCallSid = leg and leg.sid }
  local absent = variant.bridged == "absent" or (not winner and variant.declined == "bridged-absent")
  more.DialBridged = not absent and tostring(winner ~= nil) or nil
  if winner then
    more.DialCallDuration = tostring(math.ceil(winner.ended_at - winner.connected_at))
  elseif leg and leg.declined and not gone then
    more.DialCallDuration = tostring(leg.duration)
  end
  for name, value in pairs(self.recording and recordings.result(self.recording) or {}) do
    more[name] = value
  end
  return more
end

-- The caller has hung up: the legs end, and the action is asked, though nobody hears its answer.
local function gone(self)
  self.call.clock:cancel(self.timer)
  for _, leg in ipairs(self.legs) do
    leg:finish(self.call.variant.hangup)
  end
  if self.attributes.action then
    self.call:report(self.party:action(self.node, result(self, true)))
  end
end

local function time_up(legs)
  for _, leg in ipairs(legs) do
    if not leg.picked_at and not leg.over then
      leg.party:event("no-answer", "does not answer")
      leg:finish("no-answer")
    end
  end
end

-- Ring these together and wait until none is left.
local function ring(self, legs)
  local clock, names = self.call.clock, {}
  for position, leg in ipairs(legs) do
    self.legs[#self.legs + 1] = leg
    names[position] = leg.target
  end
  local text = "hears it ring: " .. table.concat(names, ", ")
  self.party:event("dial", text, { to = names, seconds = self.seconds })
  for _, leg in ipairs(legs) do
    leg:start()
  end
  self.timer = clock:spawn(function() time_up(legs) end, self.seconds)
  clock:wait(self.done)
  clock:cancel(self.timer)
end

---@param party SimulatorParty the caller
---@param node XmlNode
local function dial(party, node)
  local self = new(party, node)
  local call, nouns = party.call, nouns_of(party, node)
  if self.attributes.answerOnBridge ~= "true" then
    party:answer()
  end
  call.activity = { gone = function() gone(self) end }
  if self.attributes.sequential == "true" then
    for _, noun in ipairs(nouns) do
      if not self.winner then
        ring(self, { simulator_leg.new(self, noun) })
      end
    end
  elseif #nouns > 0 then
    local legs = {}
    for position, noun in ipairs(nouns) do
      legs[position] = simulator_leg.new(self, noun)
    end
    ring(self, legs)
  end
  call.activity = nil
  if not self.attributes.action then
    return nil
  end
  party:answer()
  return party:action(node, result(self))
end

return dial
