-- people.lua: what people at their browsers do while a call is played: answer or
-- decline, press keys, hang up.
--
--   people.act(call, { { sid = "CA…", does = "answer" } })   called on each tick of the clock
--   people.wait(leg, seconds)   -> what they did; nil when the time is up

local people = {}

people.DOES = { "answer", "decline", "hang_up", "press" }

---@class SimulatorAct
---@field sid string of the caller's call or of a leg
---@field does "answer"|"decline"|"hang_up"|"press"
---@field keys string? that are pressed

-- While it rings one can answer or decline, afterwards hang up; nothing else fits.
local function fits(leg, does)
  return (does == "hang_up") == (leg.picked_at ~= nil)
end

--- Wait for the person at a leg.
---@param leg SimulatorLeg
---@param seconds number?
---@return string?
function people.wait(leg, seconds)
  local clock, hand = leg.call.clock, leg.hand or { done = {} }
  leg.hand = hand
  local over = false
  local timer = seconds and clock:spawn(function()
    over = true
    clock:signal(hand)
  end, seconds)
  local does
  while not over and not (does and fits(leg, does)) do
    does = table.remove(hand.done, 1)
    if not does then
      clock:wait(hand)
    end
  end
  clock:cancel(timer)
  return does
end

local function act_on(leg, act)
  if act.does == "press" then
    leg.party:event("press", "presses " .. act.keys, { keys = act.keys })
  elseif leg.hand then
    table.insert(leg.hand.done, act.does)
    leg.call.clock:signal(leg.hand)
  end
end

---@param call SimulatorCall
---@param acts SimulatorAct[]?
function people.act(call, acts)
  for _, act in ipairs(acts or {}) do
    if act.sid == call.sid then
      if act.does == "hang_up" then
        call:caller_gone()
      elseif act.does == "press" then
        call:event("caller", "press", "presses " .. act.keys, { keys = act.keys })
      end
    end
    for _, leg in ipairs(call.legs) do
      if leg.sid == act.sid and not leg.over then
        act_on(leg, act)
      end
    end
  end
end

return people
