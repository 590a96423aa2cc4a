-- reachable.lua: whom a plan can reach.
--
--   reachable.of(plan, policy, online)   -> "person", "voicemail" or "none"
--
-- A person if any path through the plan rings someone who can be rung; else voicemail if any path ends there.

local stored_plan = require("calls.plans.stored_plan")
local policy_check = require("calls.parties.policy").check

local reachable = {}

local PERSON = { Dial = true, Enqueue = true, Connect = true, Redirect = true }

-- Verbs written by hand in a rule.
local function of_verbs(verbs)
  local found = "none"
  for _, verb in ipairs(verbs or {}) do
    if PERSON[verb.name] then
      return "person"
    elseif verb.name == "Record" then
      found = "voicemail"
    end
  end
  return found
end

local function can_ring(step, policy, online)
  for _, target in ipairs(step.targets or {}) do
    if target.user and online or target.phone and policy_check(target.phone, policy) then
      return true
    end
  end
  return false
end

local function of_step(step, policy, online)
  if step.kind == "ring" then
    return can_ring(step, policy, online) and "person" or "none"
  elseif step.kind == "twiml" then
    return of_verbs(step.verbs)
  end
  return step.kind == "voicemail" and "voicemail" or "none"
end

---@param plan FlatPlan
---@param policy PolicyContext? whom we may dial
---@param online boolean whether browsers can be rung
---@return "person"|"voicemail"|"none"
function reachable.of(plan, policy, online)
  local best, seen, queue = "none", { [plan.start] = true }, { plan.start }
  for _, n in ipairs(queue) do
    local step = plan.steps[n]
    local found = step and of_step(step, policy, online) or "voicemail"
    if found == "person" then
      return found
    end
    best = found == "voicemail" and found or best
    for _, follower in ipairs(step and stored_plan.followers(step) or {}) do
      if not seen[follower[2]] then
        seen[follower[2]], queue[#queue + 1] = true, follower[2]
      end
    end
  end
  return best
end

return reachable
