-- words.lua: plans in words.
--
--   plan_words.plan(plan)         "ring +13035550142 +13035550177", "voicemail", …; "settings" for nil
--   plan_words.way(plan)              what happens if nobody answers
--   plan_words.matches(plan, expect)  is this what an example expects?

local stored_plan = require("calls.plans.stored_plan")

local plan_words = {}

---@param plan FlatPlan?
---@return string
function plan_words.plan(plan)
  if plan == nil then
    return "settings"
  end
  return stored_plan.words(plan.steps[plan.start])
end

---@param plan FlatPlan?
---@return string
function plan_words.way(plan)
  if plan == nil then
    return "settings"
  end
  local words, n, left = {}, plan.start, stored_plan.MAX_STEPS
  while n and plan.steps[n] and left > 0 do
    local step = plan.steps[n]
    local text = stored_plan.words(step)
    if step.kind == "ring" then text = ("%s %d s"):format(text, step.seconds) end
    words[#words + 1] = text
    n, left = stored_plan.next(step, "no_answer"), left - 1
  end
  return table.concat(words, " > ") .. (plan.missed_text and " + text" or "")
end

--- Does an example's expectation hold? It names the kind alone ("ring") or all targets too, in any order.
---@param plan FlatPlan?
---@param expect string
---@return boolean
function plan_words.matches(plan, expect)
  local words, found = plan_words.plan(plan), {}
  local kind = words:match("^%S+")
  if expect:match("^%s*(%S+)%s*$") == kind then
    return true
  end
  local missing = 0
  for word in words:gmatch("%S+") do
    found[word] = true
    missing = missing + 1
  end
  for word in expect:gmatch("%S+") do
    word = word:match("^user_(.+)$") and "user:" .. word:match("^user_(.+)$") or word
    if not found[word] then
      return false
    end
    found[word] = nil
    missing = missing - 1
  end
  return missing == 0 and expect:match("%S+") == kind
end

return plan_words
