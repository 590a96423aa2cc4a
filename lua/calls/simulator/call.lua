-- call.lua: the state of one simulated call, from the first webhook to
-- the last callback. See simulator.lua for what goes in and what comes out.

local dial = require("calls.simulator.dial")
local people = require("calls.simulator.people")
local simulator_clock = require("calls.simulator.clock")
local simulator_party = require("calls.simulator.party")
local verbs = require("calls.simulator.verbs")

local MESSAGE_SECONDS = 8

local CALLER_VERBS = setmetatable({ Dial = dial }, { __index = verbs })

---@class SimulatorEvent
---@field at number seconds since the call came in
---@field who "caller"|"callee"|"call"
---@field target string? of a callee
---@field kind string say play beep press speak silence record dial pick_up connected busy declined failed
--- no-answer canceled reject hangup gone error unsupported end
---@field text string the same in words

---@class SimulatorCall
---@field options SimulatorOptions
---@field variant SimulatorVariant
---@field clock SimulatorClock
---@field base table<string, string> the form of the voice webhook
---@field status string of the caller's leg
---@field answered_at number?
---@field activity { gone: fun() }? to be ended when the caller hangs up
---@field recordings SimulatorRecording[]

local Call = {}
Call.__index = Call

local PARTIES = { "From", "To", "Caller", "Called" }

local function voice_form(options, sid)
  local form = {
    AccountSid = options.account_sid or "AC" .. ("0"):rep(32), ApiVersion = "2010-04-01", CallSid = sid,
    CallStatus = "ringing", Direction = "inbound", From = options.from, Caller = options.from,
    To = options.to, Called = options.to,
  }
  if not options.from:find("^client:") then
    form.StirVerstat = "TN-Validation-Passed-A"
    for _, party in ipairs(PARTIES) do
      form[party .. "City"], form[party .. "State"], form[party .. "Zip"] = "", "", ""
      form[party .. "Country"] = "US"
    end
  end
  for name, value in pairs(options.params or {}) do
    form[name] = value
  end
  return form
end

local function new(options, variant, scripts)
  local self = setmetatable({
    options = options, variant = variant, scripts = scripts,
    timeline = {}, documents = {}, callbacks = {}, legs = {}, recordings = {},
    status = "ringing", sids = 0, next_script = 1, gathered = 0, recorded = 0,
  }, Call)
  self.clock = simulator_clock.new(options.tick and function(from, to)
    local over, reached, acts = options.tick(from, to)
    return reached, function()
      if over then
        self:caller_gone("is hung up on through the API")
      end
      people.act(self, acts)
    end
  end)
  self.sid = options.call_sid or self:new_sid("CA")
  self.base = voice_form(options, self.sid)
  return self
end

-- For the parts of a call -----------------------------------------------------------

function Call:new_sid(prefix)
  if self.options.new_sid then
    return self.options.new_sid(prefix)
  end
  self.sids = self.sids + 1
  return ("%s%032x"):format(prefix, self.sids)
end

--- RFC 2822: now, or a given second of the call.
function Call:date(at)
  return os.date("!%a, %d %b %Y %H:%M:%S +0000", (self.options.at or 0) + math.floor(at or self.clock.now))
end

function Call:event(who, kind, text, more, target)
  local event = more or {}
  event.at, event.who, event.kind, event.text, event.target = self.clock.now, who, kind, text, target
  self.timeline[#self.timeline + 1] = event
end

function Call:observe(kind, what)
  if self.options.observe then
    self.options.observe(kind, what)
  end
end

function Call:fetch(url, params, method, who)
  local about = { at = self.clock.now, kind = "document", who = who, method = method or "POST" }
  local text, message, code = self.options.fetch(url, params, about)
  self.documents[#self.documents + 1] = { at = about.at, who = who, url = url, params = params, xml = text }
  return text, message, code
end

function Call:notify(kind, url, params, method)
  local about = { at = self.clock.now, kind = kind, who = "call", method = method or "POST" }
  self.callbacks[#self.callbacks + 1] = { at = about.at, kind = kind, url = url, params = params }
  self.options.notify(url, params, about)
end

--- Make a request whose answer nobody hears.
function Call:report(request)
  self:fetch(request.url, request.params, request.method, "caller")
end

function Call:next_leg(target)
  local script = self.scripts[target]
  if not script and self.options.live and target:find("^client:") then
    return { does = "live" }
  elseif not script then
    script = self.scripts[self.next_script]
    self.next_script = self.next_script + 1
  end
  return script or { does = "no-answer" }
end

function Call:next_digits()
  self.gathered = self.gathered + 1
  local entry = (self.options.digits or {})[self.gathered]
  if type(entry) == "string" or type(entry) == "number" then
    entry = { keys = tostring(entry) }
  end
  return entry and (entry.speech or (entry.keys or "") ~= "") and entry or nil
end

function Call:next_message()
  self.recorded = self.recorded + 1
  local entry = (self.options.messages or {})[self.recorded]
  if entry == nil then
    entry = MESSAGE_SECONDS
  end
  return type(entry) == "table" and { seconds = entry.seconds or MESSAGE_SECONDS, hangup = entry.hangup,
    key = entry.key } or { seconds = entry }
end

-- The life of the call --------------------------------------------------------------

--- Pick the call up: from now on it costs.
function Call:answer()
  if not self.answered_at and self.status == "ringing" then
    self.answered_at, self.status = self.clock.now, "in-progress"
    self:observe("call", self)
  end
end

function Call:finish(ending)
  if self.ended_at then
    return
  end
  self.ended_at, self.ending = self.clock.now, ending
  if self.status == "ringing" or self.status == "in-progress" then
    self.status = "completed"
  end
  self.duration = self.answered_at and math.ceil(self.ended_at - self.answered_at) or 0
  self:event("call", "end", "the call is over", { ending = ending })
  self:observe("call", self)
  self.clock:cancel(self.hangup_task)
  local url = self.options.status_callback
  if url then
    local form = self.caller:form { CallbackSource = "call-progress-events", SequenceNumber = "0" }
    form.Timestamp = self:date()
    if self.status == "completed" then
      form.CallDuration, form.Duration = tostring(self.duration), tostring(math.ceil(self.duration / 60))
    end
    self:notify("status", simulator_party.resolve(self.options.url, url), form)
  end
end

--- The caller hangs up. What was going on ends, and its action is sent CallStatus completed.
---@param text string?
function Call:caller_gone(text)
  if self.ended_at then
    return
  end
  self.clock:cancel(self.task)
  self:event("caller", "gone", text or "hangs up")
  self.status = "completed"
  local activity = self.activity
  self.activity = nil
  if activity then
    activity.gone()
  end
  self:finish("gone")
end

local function outcome(self)
  local connected, message = false, false
  for _, event in ipairs(self.timeline) do
    connected = connected or event.kind == "connected"
  end
  for _, recording in ipairs(self.recordings) do
    message = message or (recording.source == "RecordVerb" and recording.status == "completed")
  end
  local ending = self.ending
  return connected and "connected" or message and "message" or ending == "gone" and "abandoned"
    or ending == "rejected" and "rejected" or (ending == "error" or ending == "loop") and "error" or "told"
end

local simulator_call = {}

---@param options SimulatorOptions
---@param variant SimulatorVariant
---@param scripts table<string|integer, SimulatorLegScript>
---@return SimulatorResult
function simulator_call.play(options, variant, scripts)
  local self = new(options, variant, scripts)
  local clock = self.clock
  self.caller = simulator_party.new(self, {
    who = "caller", verbs = CALLER_VERBS, params = self.base,
    next_digits = function() return self:next_digits() end,
  })
  self:observe("call", self)
  self.task = clock:spawn(function() self:finish(self.caller:run(options.url, self.base)) end)
  if options.hangup_at then
    self.hangup_task = clock:spawn(function() self:caller_gone() end, options.hangup_at)
  end
  clock:run()
  return {
    sid = self.sid, timeline = self.timeline, documents = self.documents, callbacks = self.callbacks,
    legs = self.legs, recordings = self.recordings, status = self.status, ending = self.ending,
    outcome = outcome(self), seconds = self.ended_at, duration = self.duration,
  }
end

return simulator_call
