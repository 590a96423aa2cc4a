-- outline.lua: plans in words.
--
--   outline.describe(plan)         "ring +13035550142 +13035550177", "voicemail", …; "settings" for nil
--   outline.way(plan)              the way a call takes when nobody answers
--   outline.matches(plan, expect)  is this what an example expects?

local flat = require("calls.flat")

local outline = {}

---@param plan FlatPlan?
---@return string
function outline.describe(plan)
  if plan == nil then
    return "settings"
  end
  return flat.words(plan.steps[plan.start])
end

---@param plan FlatPlan?
---@return string
function outline.way(plan)
  if plan == nil then
    return "settings"
  end
  local words, n, left = {}, plan.start, flat.MAX_STEPS
  while n and plan.steps[n] and left > 0 do
    local step = plan.steps[n]
    local text = flat.words(step)
    if step.kind == "ring" then text = ("%s %d s"):format(text, step.seconds) end
    words[#words + 1] = text
    n, left = flat.next(step, "no_answer"), left - 1
  end
  return table.concat(words, " > ") .. (plan.missed_text and " + text" or "")
end

--- Does an example's expectation hold? The kind alone ("ring") or with all targets, in any order.
---@param plan FlatPlan?
---@param expect string
---@return boolean
function outline.matches(plan, expect)
  local words, found = outline.describe(plan), {}
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

return outline
