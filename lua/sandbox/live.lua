-- sandbox.live: calls with people at browsers, in real time. A "phone" event tells a
-- browser what to show; what its user does is left with the call's resource, where
-- the worker that plays the call finds it.
--
--   local hand = live.new(order)    hand:observe(kind, what)   hand:tick(from, to)
--   live.leave(user_id, sid, act)   for the API
--   live.ringing(user_id)           for a browser that joins late

local calls = require("sandbox.rest.calls")
local events = require("events")
local identity = require("calls.parties.identity")
local sandbox = require("models.sandbox")
local standin = require("standin")

local live = {}

local STEP_MS = 100
local LOOKED_AT = 50 -- calls, the newest

---@class SandboxLive
---@field sids string[] of the legs that people play
---@field user string? who calls

local Live = {}
Live.__index = Live

---@param order SandboxOrder
---@return SandboxLive
function live.new(order)
  local self = setmetatable({ sids = {}, order = order, told = {} }, Live)
  self.user = identity.user(order.from:match("^client:(.+)$"))
  if self.user then
    self.sids[1] = order.call_sid
  end
  return self
end

-- Store the call's row, with its user and what was left there.
local function store(row, user, shown, at)
  sandbox.alone(function()
    local before = sandbox.get("call", row.sid)
    row.live_user, row.live_shown = user, shown
    row.acts = before and before.acts
    calls.store(row, at)
  end)
end

-- Announce each state once.
local function tell(self, user, sid, state, more)
  if self.told[sid] ~= state then
    self.told[sid] = state
    local event = more or {}
    event.sid, event.state = sid, state
    events.publish(user, "phone", event)
  end
end

-- "ringing" until it is answered, "open", "over".
local function state_of(what, answered)
  return what.ended_at and "over" or answered and "open" or "ringing"
end

--- Store a row of the call, and tell the browser it belongs to.
---@param row SandboxCall
---@param kind "call"|"leg"
---@param what SimulatorCall|SimulatorLeg
---@param at integer
function Live:store(row, kind, what, at)
  if kind == "call" then
    store(row, self.user, nil, at)
    if self.user then
      tell(self, self.user, row.sid, state_of(what, what.answered_at))
    end
    return
  end
  local user = what.script.does == "live" and identity.user(what.target:sub(8)) or nil
  local shown = user and { from = what.from, params = what.parameters }
  store(row, user, shown, at)
  if user and what.status ~= "initiated" then
    if not self.told[row.sid] then
      self.sids[#self.sids + 1] = row.sid
    end
    tell(self, user, row.sid, state_of(what, what.picked_at), shown)
  elseif self.user and what.status == "ringing" then
    events.publish(self.user, "phone", { sid = row.parent_call_sid, state = "callee_ringing" })
  end
end

-- Take what was left with one of the calls.
local function taken(sid)
  local row = sandbox.get("call", sid)
  if not row or not row.acts then
    return nil
  end
  return sandbox.alone(function()
    row = sandbox.get("call", sid)
    local acts = row.acts
    row.acts = nil
    calls.store(row, row.updated_at)
    return acts
  end)
end

--- Let time pass until someone does something.
---@param from number seconds since the call came in
---@param to number
---@return boolean over
---@return number? reached
---@return SimulatorAct[]? acts
function Live:tick(from, to)
  local left = math.floor((to - from) * 1000)
  while left > 0 do
    local step = math.min(STEP_MS, left)
    local going = standin.sleep(step)
    left = left - step
    if not going or calls.has_ended(self.order.call_sid) then
      return true, to - left / 1000
    end
    local acts = {}
    for _, sid in ipairs(self.sids) do
      for _, act in ipairs(taken(sid) or {}) do
        act.sid = sid
        acts[#acts + 1] = act
      end
    end
    if #acts > 0 then
      return false, to - left / 1000, acts
    end
  end
  return false
end

--- What a user does in a call of theirs.
---@param user_id string
---@param sid string
---@param act { does: string, keys: string? }
---@return boolean whether the call is theirs, and under way
function live.leave(user_id, sid, act)
  return sandbox.alone(function()
    local row = sandbox.get("call", sid)
    if not row or row.live_user ~= user_id or calls.has_ended(sid) then
      return false
    end
    row.acts = row.acts or {}
    table.insert(row.acts, { does = act.does, keys = act.keys })
    calls.store(row, row.updated_at)
    return true
  end)
end

--- The calls that ring at a user's browser.
---@param user_id string
---@return table[]
function live.ringing(user_id)
  local found = {}
  for _, row in ipairs(sandbox.list("call", nil, LOOKED_AT)) do
    if row.live_user == user_id and row.live_shown and row.status == "ringing" then
      found[#found + 1] = { sid = row.sid, from = row.live_shown.from, params = row.live_shown.params }
    end
  end
  return found
end

return live
