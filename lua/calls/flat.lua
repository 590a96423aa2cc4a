-- flat.lua: plans as they are stored: plain data, numbered steps.
--
--   flat.words(step)            a step in words; outline.lua puts plans in words
--   flat.next(step, outcome)    the step that follows, or nil
--   flat.ringing(plan)          the longest a caller can hear ringing, and the steps of that path
--   flat.ring_seconds(plan)     only how long it is
--   flat.check(plan)            true, or nil and what is wrong: shape, targets, dead ends, circles
--   flat.equal(a, b)            do two plans do the same?
--   flat.targets(step)          "+13035550142", "user:42", … of a ring step
--
-- { start = 1, steps = { { kind = "ring", targets = { { phone = "+1…" }, { user = "42" } }, seconds = 20,
--   confirm = true, leg = "line" | "fwd" | "simulring", rule = 7, next = { busy = 2, otherwise = 3 } }, … } }

-- Beside the steps it may have a missed_text, which the host sends when nobody talked to the caller.

local check = require("calls.flat_check")

local flat = {}

---@alias Outcome "busy"|"no_answer"|"failed"|"declined"

---@class PlanTarget
---@field phone string?
---@field user string?

---@class PlanStep
---@field kind "ring"|"voicemail"|"say"|"play"|"reject"|"hangup"|"menu"|"twiml"
---@field next table<string, integer>?
---@field leg ("line"|"fwd"|"simulring")? of a ring
---@field targets PlanTarget[]? of a ring
---@field seconds integer? of a ring or menu
---@field confirm boolean? of a ring: phones are asked to press 1
---@field rule integer? of a ring: id of the console setting
---@field text string? of a say or menu
---@field greeting string? of a voicemail
---@field url string? of a play
---@field reason ("busy"|"rejected")? of a reject
---@field digits table<string, integer>? of a menu: keys pressed -> step
---@field tries integer? of a menu
---@field verbs table[]? of a twiml: what twiml.plain made

---@class FlatPlan
---@field start integer
---@field steps PlanStep[]
---@field missed_text string? sent to a caller whom nobody talked to

flat.OUTCOMES = { "busy", "no_answer", "failed", "declined" }
-- What pressing 1 costs the caller on top of the ringing: announcement and wait.
flat.WHISPER_SECONDS = 10
flat.MAX_STEPS = 64

local NONE = {}

---@param step PlanStep
---@return string[]
function flat.targets(step)
  local words = {}
  for i, target in ipairs(step.targets or {}) do
    words[i] = target.phone or "user:" .. tostring(target.user)
  end
  return words
end

--- A step in words: "ring +13035550142", "voicemail".
---@param step PlanStep
---@return string
function flat.words(step)
  if step.kind ~= "ring" then
    return step.kind
  end
  return "ring " .. table.concat(flat.targets(step), " ")
end

---@param step PlanStep
---@param outcome string
---@return integer?
function flat.next(step, outcome)
  local following = step.next
  return following and (following[outcome] or following.otherwise) or nil
end

-- Every step that can follow a step, in a fixed order: { name, n }.
local function followers(step)
  local list = {}
  for _, word in ipairs(flat.OUTCOMES) do
    if step.next and step.next[word] then list[#list + 1] = { word, step.next[word] } end
  end
  local keys = {}
  for key in pairs(step.digits or {}) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do list[#list + 1] = { key, step.digits[key] } end
  if step.next and step.next.otherwise then list[#list + 1] = { "otherwise", step.next.otherwise } end
  return list
end
flat.followers = followers

--- How long this step can let the caller hear ringing.
local function ring_seconds(step)
  if step.kind ~= "ring" then
    return 0
  end
  for i = 1, step.confirm and #step.targets or 0 do
    if step.targets[i].phone then
      return step.seconds + flat.WHISPER_SECONDS
    end
  end
  return step.seconds
end

-- A plan that a rule makes is measured in every call, so no list is made here.
local function longest_ringing(steps, known, n)
  if known[n] then
    return known[n]
  end
  local step, best = steps[n], 0
  for _, following in next, step.next or NONE do
    local seconds = longest_ringing(steps, known, following)
    if seconds > best then best = seconds end
  end
  for _, following in next, step.digits or NONE do
    local seconds = longest_ringing(steps, known, following)
    if seconds > best then best = seconds end
  end
  known[n] = best + ring_seconds(step)
  return known[n]
end

---@param plan FlatPlan without circles
---@return integer
function flat.ring_seconds(plan)
  return longest_ringing(plan.steps, {}, plan.start)
end

---@param plan FlatPlan without circles
---@return integer seconds
---@return string path in words
function flat.ringing(plan)
  local known = {}
  local function longest(n)
    if known[n] then
      return known[n]
    end
    local step, best = plan.steps[n], { seconds = 0, words = {} }
    for _, follower in ipairs(followers(step)) do
      local found = longest(follower[2])
      if found.seconds > best.seconds then best = found end
    end
    local own = ring_seconds(step)
    if own > 0 then
      local extra = own > step.seconds and (" (and %d to press 1)"):format(own - step.seconds) or ""
      best = {
        seconds = best.seconds + own,
        words = { ("%s %d s%s"):format(flat.words(step), step.seconds, extra), table.unpack(best.words) },
      }
    end
    known[n] = best
    return best
  end
  local found = longest(plan.start)
  return found.seconds, table.concat(found.words, ", then ")
end

---@return boolean
function flat.equal(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  for key, value in pairs(a) do
    if not flat.equal(value, b[key]) then
      return false
    end
  end
  for key in pairs(b) do
    if a[key] == nil then
      return false
    end
  end
  return true
end

flat.check = check.with(flat)

return flat
