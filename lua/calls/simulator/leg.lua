-- leg.lua: one phone or browser that a simulated <Dial> rings.
--
-- Its task does what the script says: ring, be picked up, hear the noun's document,
-- be connected or not. It sends status callbacks on the way, and tells the dial when
-- it is picked up, connected or over.

local people = require("calls.simulator.people")
local simulator_party = require("calls.simulator.party")
local verbs = require("calls.simulator.verbs")
local reader = require("calls.twiml.reader")

local simulator_leg = {}

-- Seconds until something happens, unless the script says when.
local RINGS_AFTER = 1
local AFTER = { answered = 5, declined = 4, busy = 2, canceled = 4, voicemail = 18, ["caller-hangs-up"] = 8 }
local TALK_SECONDS = 30

-- The callee's document may not dial, nor record.
local CALLEE_VERBS = {
  Say = verbs.Say, Play = verbs.Play, Pause = verbs.Pause, Gather = verbs.Gather, Redirect = verbs.Redirect,
  Hangup = verbs.Hangup, Reject = verbs.Hangup,
}

local EVENTS = { initiated = "initiated", ringing = "ringing", ["in-progress"] = "answered" }

---@class SimulatorLeg
---@field sid string CallSid
---@field target string "+1…" or "client:…"
---@field script { does: string, after: number?, press: string?, talk: number?, hangup: string? }
---@field status string Twilio's word
---@field picked_at number?
---@field connected_at number?
---@field over boolean?

local Leg = {}
Leg.__index = Leg

local function target_of(noun)
  local text = reader.text(noun)
  if noun.name ~= "Client" then
    return text
  end
  for _, child in ipairs(reader.elements(noun)) do
    if child.name == "Identity" then
      text = reader.text(child)
    end
  end
  return "client:" .. text
end

-- What <Parameter> adds to the incoming call that a browser sees.
local function parameters_of(noun)
  local list = {}
  for _, child in ipairs(reader.elements(noun)) do
    if child.name == "Parameter" then
      list[child.attributes.name or ""] = child.attributes.value or ""
    end
  end
  return list
end

---@param dial SimulatorDial
---@param noun XmlNode <Number> or <Client>
---@return SimulatorLeg
function simulator_leg.new(dial, noun)
  local call = dial.call
  local target = target_of(noun)
  local self = setmetatable({
    dial = dial, call = call, noun = noun, attributes = noun.attributes, target = target,
    sid = call:new_sid("CA"), parent_sid = call.sid, from = dial.from, to = target,
    parameters = parameters_of(noun), script = call:next_leg(target), sequence = 0, status = "queued",
    at = call.clock.now,
  }, Leg)
  self.party = simulator_party.new(call, {
    who = "callee", target = target, verbs = CALLEE_VERBS, params = self:form(),
    next_digits = function() return self:pressed() end,
  })
  call.legs[#call.legs + 1] = self
  return self
end

function Leg:form()
  local form = {}
  for name, value in pairs(self.call.base) do
    if not name:find("^To%u") and not name:find("^Called%u") then
      form[name] = value
    end
  end
  form.CallSid, form.ParentCallSid, form.Direction = self.sid, self.parent_sid, "outbound-dial"
  form.From, form.Caller, form.To, form.Called = self.from, self.from, self.to, self.to
  return form
end

function Leg:pressed()
  local press = self.script.press
  if press == nil and self.script.does == "answered" then
    press = "1"
  end
  return press and press ~= "" and { keys = tostring(press), after = self.script.press_after } or nil
end

--- Set a new status, and send it to the callback if that asked for it.
---@param status string
---@param more table<string, string>?
function Leg:report(status, more)
  self.status = status
  self.call:observe("leg", self)
  local url, event = self.attributes.statusCallback, EVENTS[status] or "completed"
  local wanted = " " .. (self.attributes.statusCallbackEvent or "completed") .. " "
  if not url or not wanted:find(" " .. event .. " ", 1, true) then
    return
  end
  local form = self:form()
  form.CallStatus, form.Timestamp = status, self.call:date()
  form.CallbackSource, form.SequenceNumber = "call-progress-events", tostring(self.sequence)
  self.sequence = self.sequence + 1
  for name, value in pairs(more or {}) do
    form[name] = value
  end
  url = simulator_party.resolve(self.dial.party.url, url)
  self.call:notify("status", url, form, self.attributes.statusCallbackMethod)
end

local SIP_CODES = { busy = "486", failed = "404", ["no-answer"] = "487", canceled = "487" }

--- End the leg. One that was picked up is completed, whatever the status.
---@param status string
---@param error_code string?
function Leg:finish(status, error_code)
  if self.over then
    return
  end
  self.over, self.ended_at = true, self.call.clock.now
  if self.picked_at then
    self.duration = math.ceil(self.ended_at - self.picked_at)
    self:report("completed", {
      CallDuration = tostring(self.duration), Duration = tostring(math.ceil(self.duration / 60)),
    })
  else
    self.error_code = error_code
    self:report(status, { SipResponseCode = SIP_CODES[status], ErrorCode = error_code })
  end
  self.call.clock:cancel(self.task)
  self.dial:leg_over(self)
end

-- Play the callee's own document. True if the call goes through.
function Leg:admits()
  local url = self.attributes.url
  if not url or url == "" then
    return self.script.does ~= "declined"
  end
  url = simulator_party.resolve(self.dial.party.url, url)
  return self.party:run(url, self.party:form(), self.attributes.method) == "end"
end

function Leg:talk()
  local script, clock = self.script, self.call.clock
  local voicemail = script.does == "voicemail"
  self.connected_at = clock.now
  self.dial:connected(self, voicemail and "is connected to the voicemail of " or "talks to ")
  if script.does == "live" then
    people.wait(self, self.dial.time_limit)
  else
    clock:sleep(math.min(tonumber(script.talk) or TALK_SECONDS, self.dial.time_limit))
  end
  if script.hangup == "caller" then
    self.call:caller_gone()
    return
  end
  self.party:event("hang_up", "hangs up")
  self:finish("completed")
end

function Leg:pick_up()
  self.picked_at = self.call.clock.now
  self:report("in-progress")
  self.party:event("pick_up",
    self.script.does == "voicemail" and "is answered by its own voicemail" or "picks up")
  self.dial:picked_up(self)
  if self:admits() then
    self:talk()
  else
    self.declined = true
    self:finish("completed")
  end
end

-- End a leg that nobody picks up, as the script says.
function Leg:end_unanswered(does)
  self.party:event(does, ({ busy = "is busy", declined = "declines", canceled = "is called off" })[does])
  self:finish(does == "declined" and "busy" or does)
end

function Leg:ring()
  local clock, does = self.call.clock, self.script.does
  self:report("initiated")
  clock:sleep(RINGS_AFTER)
  local dialable = self.noun.name ~= "Number" or self.target:find("^%+[1-9]%d%d%d%d%d%d+$")
  if does == "failed" or not dialable then
    self.party:event("failed", "cannot be reached")
    self:finish("failed", not dialable and "13224" or nil)
    return
  end
  self:report("ringing")
  if does == "closed" then
    does = self.call.variant.closed_browser
  end
  if does == "no-answer" then
    return -- the dial ends it when its time is up
  elseif does == "live" then
    if people.wait(self) == "answer" then
      self:pick_up()
    else
      self:end_unanswered("declined")
    end
    return
  end
  local usual = math.min(AFTER[does], self.dial.seconds - 1)
  clock:sleep((tonumber(self.script.after) or usual) - RINGS_AFTER)
  if does == "caller-hangs-up" then
    self.call:caller_gone()
  elseif does == "busy" or does == "canceled" or (does == "declined" and not self.attributes.url) then
    self:end_unanswered(does)
  else
    self:pick_up()
  end
end

--- Begin to ring.
function Leg:start()
  self.task = self.call.clock:spawn(function() self:ring() end)
end

return simulator_leg
