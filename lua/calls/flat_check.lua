-- flat_check.lua: is a plan that came from somewhere one that can be followed?
--
--   flat.check = check.with(flat)
--
-- A plan that a rule makes is checked in every call, so what is sound is found to
-- be so without making lists; what is not is looked at again, for the words.

local check = {}

local NONE = {}
local KINDS = {
  ring = true, voicemail = true, say = true, play = true,
  reject = true, hangup = true, menu = true, twiml = true,
}

local function check_ring(step)
  if type(step.targets) ~= "table" or #step.targets == 0 then
    return "rings nobody"
  end
  if #step.targets > 10 then
    return "rings more than ten"
  end
  for _, target in ipairs(step.targets) do
    if type(target) ~= "table" or type(target.phone or target.user) ~= "string" then
      return "has a target that is neither phone nor user"
    end
  end
  if math.type(step.seconds) ~= "integer" or step.seconds < 5 or step.seconds > 600 then
    return "rings for less than 5 or more than 600 seconds"
  end
end

-- The type of each field of a step, and which a kind cannot do without.
local FIELDS = {
  text = "string", greeting = "string", url = "string", reason = "string", leg = "string",
  voice = "string", language = "string", verbs = "table", digits = "table", next = "table",
  seconds = "number", tries = "number",
}
local NEEDS = { say = "text", menu = "text", play = "url", twiml = "verbs" }

local function check_step(step)
  if type(step) ~= "table" or not KINDS[step.kind] then
    return "is no step"
  end
  for field, value in next, step do
    local kind = FIELDS[field]
    if kind and type(value) ~= kind then
      return ("has a %s that is no %s"):format(field, kind)
    end
  end
  if step.kind == "ring" then
    return check_ring(step)
  end
  local need = NEEDS[step.kind]
  if need and step[need] == nil then
    return "lacks its " .. need
  end
end

-- What is wrong from step `n` on, or nil. Goes through followers as they come.
local function fault(steps, state, n)
  local step = steps[n]
  if not step then
    return ("step %s is not there"):format(tostring(n))
  elseif state[n] == "done" then
    return nil
  elseif state[n] then
    return ("step %d leads back to itself"):format(n)
  end
  state[n] = "open"
  local wrong = check_step(step)
  if wrong then
    return ("step %d %s"):format(n, wrong)
  end
  for _, following in next, step.next or NONE do
    wrong = wrong or fault(steps, state, following)
  end
  for _, following in next, step.digits or NONE do
    wrong = wrong or fault(steps, state, following)
  end
  state[n] = "done"
  return wrong
end

--- The same for people: the first in order, and the way there.
local function explained(plan, followers)
  local state = {}
  local function walk(n, from)
    local step = plan.steps[n]
    if not step then
      return ("%s leads to step %s, which is not there"):format(from, tostring(n))
    end
    if state[n] == "done" then
      return nil
    end
    if state[n] then
      return ("%s leads back to step %d"):format(from, n)
    end
    state[n] = "open"
    local wrong = check_step(step)
    if wrong then
      return ("step %d %s"):format(n, wrong)
    end
    for _, follower in ipairs(followers(step)) do
      wrong = walk(follower[2], ("step %d (%s)"):format(n, follower[1]))
      if wrong then
        return wrong
      end
    end
    state[n] = "done"
  end
  return walk(plan.start, "the start")
end

---@param flat { MAX_STEPS: integer, followers: fun(step: PlanStep): table[] }
---@return fun(plan: any): true?, string?, "malformed"?
function check.with(flat)
  --- Check a plan that came from a file, a database or another program.
  return function(plan)
    if type(plan) ~= "table" or type(plan.steps) ~= "table" then
      return nil, "this is no plan", "malformed"
    end
    if #plan.steps > flat.MAX_STEPS then
      return nil, "the plan has too many steps", "malformed"
    end
    if plan.missed_text ~= nil and type(plan.missed_text) ~= "string" then
      return nil, "the plan has a text that is no string", "malformed"
    end
    local wrong = fault(plan.steps, {}, plan.start)
    if wrong then
      return nil, explained(plan, flat.followers) or wrong, "malformed"
    end
    return true
  end
end

return check
