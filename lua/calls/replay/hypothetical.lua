-- hypothetical.lua: how a call would have ended on another plan, as far as that is known.
--
--   hypothetical.of(plan, followed, happened)   -> outcome in words, or "unknown" and who wasn't rung
--
-- People rung in the real call do what they did then; for someone who wasn't rung, or not as long, the
-- outcome is unknown.

local stored_plan = require("calls.plans.stored_plan")

local hypothetical = {}

---@class Happening the outcome of one ring of a real call
---@field n integer step of the plan that was followed
---@field outcome string answered | forwarded | busy | no_answer | failed | declined | abandoned | offline
---@field target string all who rang: "+13035550142 user:42"
---@field took string? who answered

local TAKEN = { answered = true, forwarded = true }
local ENDS = { voicemail = "voicemail", reject = "rejected", hangup = "hung up" }
local MOST_STEPS = 64 -- steps that are followed

-- Targets rung in the real call: target -> { outcome, seconds }.
local function who_was_rung(followed, happened)
  local rung = {}
  for _, ring in ipairs(happened) do
    local step = followed.steps[ring.n]
    local seconds = step and step.seconds or 0
    for target in (ring.target or ""):gmatch("%S+") do
      local known = rung[target]
      if not known or not TAKEN[known.outcome] then
        local others_took = TAKEN[ring.outcome] and ring.took and ring.took ~= target
        rung[target] = { outcome = others_took and "outrun" or ring.outcome, seconds = seconds }
      end
    end
  end
  return rung
end

-- One outcome for a ring that, as far as known, nobody answers.
local function combined(words)
  for _, word in ipairs { "declined", "busy", "failed" } do
    local all = true
    for _, other in ipairs(words) do
      all = all and other == word
    end
    if all then
      return word
    end
  end
  return "no_answer"
end

-- The outcome of a ring, or nil and who wasn't rung; for "taken", who answered.
local function of_ring(step, rung)
  local words, stranger = {}, nil
  for _, target in ipairs(stored_plan.targets(step)) do
    local known = rung[target]
    if known and TAKEN[known.outcome] then
      return "taken", target
    elseif not known or known.outcome == "outrun" or known.outcome == "no_answer"
      and (step.seconds or 0) > known.seconds then
      stranger = stranger or target
    else
      words[#words + 1] = known.outcome
    end
  end
  if stranger then
    return nil, stranger
  end
  for _, word in ipairs(words) do
    if word == "abandoned" then
      return "abandoned"
    end
  end
  return combined(words)
end

---@param plan FlatPlan that the call would have followed
---@param followed FlatPlan that it followed
---@param happened Happening[]
---@return string outcome "answered by +1…", "voicemail", "rejected", "hung up", "caller gave up" or "unknown"
---@return string? of "unknown": the target that wasn't rung; nil if ringing isn't the reason
function hypothetical.of(plan, followed, happened)
  local rung, n = who_was_rung(followed, happened), plan.start
  for _ = 1, MOST_STEPS do
    local step = plan.steps[n]
    if not step or step.kind == "menu" or step.kind == "twiml" then
      return "unknown"
    elseif ENDS[step.kind] then
      return ENDS[step.kind]
    end
    local word, who = "otherwise", nil
    if step.kind == "ring" then
      word, who = of_ring(step, rung)
    end
    if not word then
      return "unknown", who
    elseif word == "taken" then
      return "answered by " .. who
    elseif word == "abandoned" then
      return "caller gave up"
    end
    n = stored_plan.next(step, word)
    if not n then
      return step.kind == "ring" and "voicemail" or "hung up"
    end
  end
  return "unknown"
end

return hypothetical
