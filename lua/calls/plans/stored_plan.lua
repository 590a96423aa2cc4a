-- stored_plan.lua: stored plans: plain data, numbered steps.
--
--   stored_plan.words(step)            a step in words; words.lua puts plans in words
--   stored_plan.next(step, outcome)    the step that follows, or nil
--   stored_plan.too_long(plan, limit)  what to say when a caller can hear more, and the rings
--   stored_plan.ring_seconds(plan)     the longest a caller can hear ringing
--   stored_plan.check(plan)            true, or nil and the problem: shape, targets, dead ends, loops
--   stored_plan.equal(a, b)            do two plans do the same?
--   stored_plan.targets(step)          "+13035550142", "user:42", … of a ring step
--
-- { start = 1, steps = { { kind = "ring", targets = { { phone = "+1…" }, { user = "42" } }, seconds = 20,
--   confirm = true, leg = "line" | "fwd" | "simulring", rule = 7, next = { busy = 2, otherwise = 3 } }, … } }

-- Besides the steps it may have a missed_text, which the host sends if nobody talked to the caller.

local screening = require("calls.plans.screening")

local stored_plan = {}

---@alias Outcome "busy"|"no_answer"|"failed"|"declined"

---@class PlanTarget
---@field phone string?
---@field user string?
---@field confirm boolean? of a phone of people.txt; it counts more than the step's
---@field pin true? whoever picks up types the PIN of someone who has this phone
---@field away AwaySpan? of someone of people.txt: isn't rung then (away.lua); a plan that is stored has none

---@class PlanStep
---@field kind "ring"|"voicemail"|"say"|"play"|"reject"|"hangup"|"menu"|"twiml"
---@field next table<string, integer>?
---@field leg ("line"|"fwd"|"simulring")? of a ring
---@field targets PlanTarget[]? of a ring
---@field seconds integer? of a ring or menu
---@field confirm boolean? of a ring: phones are asked to press 1
---@field caller_id string? of a ring: what phones are shown; "called": the number that was called
---@field rule integer? of a ring: id of the console setting
---@field text string? of a say or menu
---@field phrase string? of a say: our own sentence of that name (phrases.lua) instead of its text
---@field voice string? of a say, menu or voicemail, and of our own sentences beside a ring or reject
---@field language string? the same
---@field as_before true? these two are those of the last say or menu before it
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
---@field orders { by: string, steps: integer[], units: integer[] }[]? rings that change places in each call
--- (ring_order.lua), as many together as `units` says; a plan that is stored has none

stored_plan.OUTCOMES = { "busy", "no_answer", "failed", "declined" }
stored_plan.MAX_STEPS = 64

local NONE = {}

---@param step PlanStep
---@return string[]
function stored_plan.targets(step)
  local words = {}
  for i, target in ipairs(step.targets or {}) do
    words[i] = target.phone or "user:" .. tostring(target.user)
  end
  return words
end

--- A ring's kind of dial, which decides what its outcomes mean.
---@param targets PlanTarget[]
---@return "line"|"fwd"|"simulring"
function stored_plan.leg(targets)
  local phones = 0
  for _, target in ipairs(targets) do
    if target.phone then phones = phones + 1 end
  end
  if phones == 0 then
    return "line"
  end
  return #targets == 1 and "fwd" or "simulring"
end

--- A step in words: "ring +13035550142", "voicemail".
---@param step PlanStep
---@return string
function stored_plan.words(step)
  if step.kind ~= "ring" then
    return step.kind
  end
  return "ring " .. table.concat(stored_plan.targets(step), " ")
end

---@param step PlanStep
---@param outcome string
---@return integer?
function stored_plan.next(step, outcome)
  local following = step.next
  return following and (following[outcome] or following.otherwise) or nil
end

-- The steps that can follow a step, in a fixed order: { name, n }.
local function followers(step)
  local list = {}
  for _, word in ipairs(stored_plan.OUTCOMES) do
    if step.next and step.next[word] then list[#list + 1] = { word, step.next[word] } end
  end
  local keys = {}
  for key in pairs(step.digits or {}) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do list[#list + 1] = { key, step.digits[key] } end
  if step.next and step.next.otherwise then list[#list + 1] = { "otherwise", step.next.otherwise } end
  return list
end
stored_plan.followers = followers

--- The longest ringing a caller can hear in this step.
local function ring_seconds(step)
  if step.kind ~= "ring" then
    return 0
  end
  return step.seconds + screening.seconds(step)
end

-- A rule's plan is measured in every call, so this builds no list.
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
function stored_plan.ring_seconds(plan)
  return longest_ringing(plan.steps, {}, plan.start)
end

--- The path with the longest ringing: its seconds, those of them that its author has set, and words for each
--- ring.
---@param plan FlatPlan without circles
---@return { seconds: integer, set: integer, words: string[] }
local function longest_path(plan)
  local known = {}
  local function longest(n)
    if known[n] then
      return known[n]
    end
    local step, best = plan.steps[n], { seconds = 0, set = 0, words = {} }
    for _, follower in ipairs(followers(step)) do
      local found = longest(follower[2])
      if found.seconds > best.seconds then best = found end
    end
    local own = ring_seconds(step)
    if own > 0 then
      local extra = own > step.seconds and (" (and %d to %s)"):format(own - step.seconds,
        screening.asks_for_pin(step) and "enter a PIN" or "press 1") or ""
      local words = ("%s %d s%s"):format(stored_plan.words(step), step.seconds, extra)
      best = { seconds = best.seconds + own, set = best.set + step.seconds,
        words = { words, table.unpack(best.words) } }
    end
    known[n] = best
    return best
  end
  return longest(plan.start)
end

local SHORTEST = 5 -- seconds of a ring

---@param plan FlatPlan without circles
---@param limit integer
---@return string? message
---@return string? path in words
function stored_plan.too_long(plan, limit)
  if stored_plan.ring_seconds(plan) <= limit then
    return nil
  end
  local found, ways = longest_path(plan), {}
  local count = #found.words
  local each = (limit - (found.seconds - found.set)) // count
  if each >= SHORTEST then
    ways[1] = ("write { seconds = %d }%s"):format(each, count > 1 and " for each" or "")
  end
  if count > 1 then ways[#ways + 1] = "ring several together, ring { JOE, ANA }" end
  return ("a caller could hear %d seconds of ringing, %d is the limit%s"):format(found.seconds, limit,
    ways[1] and (" (%s)"):format(table.concat(ways, ", or ")) or ""), table.concat(found.words, ", then ")
end

---@return boolean
function stored_plan.equal(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  for key, value in pairs(a) do
    if not stored_plan.equal(value, b[key]) then
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

-- A rule's plan is checked in every call, so a sound one is recognised without building lists; a broken one
-- is checked again for the message.

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

-- The type of each field of a step, and which fields each kind needs.
local FIELDS = {
  text = "string", greeting = "string", url = "string", reason = "string", leg = "string",
  voice = "string", language = "string", phrase = "string", caller_id = "string",
  as_before = "boolean", verbs = "table", digits = "table", next = "table",
  seconds = "number", tries = "number",
}
local NEEDS = { say = "text", menu = "text", play = "url", twiml = "verbs" }

local function check_step(step)
  if type(step) ~= "table" or not KINDS[step.kind] then
    return "isn't a step"
  end
  for field, value in next, step do
    local kind = FIELDS[field]
    if kind and type(value) ~= kind then
      return ("has a %s that isn't a %s"):format(field, kind)
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

-- The problem from step `n` on, or nil. Visits successors in any order.
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

--- The same for people: the first problem in order, and the path to it.
local function explained(plan)
  local state = {}
  local function walk(n, from)
    local step = plan.steps[n]
    if not step then
      return ("%s leads to step %s, which doesn't exist"):format(from, tostring(n))
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

--- Check a plan that came from a file, a database or another program.
---@param plan any
---@return true? ok
---@return string? wrong
---@return "malformed"? code
function stored_plan.check(plan)
  if type(plan) ~= "table" or type(plan.steps) ~= "table" then
    return nil, "this isn't a plan", "malformed"
  end
  if #plan.steps > stored_plan.MAX_STEPS then
    return nil, "the plan has too many steps", "malformed"
  end
  if plan.missed_text ~= nil and type(plan.missed_text) ~= "string" then
    return nil, "the plan has a text that isn't a string", "malformed"
  end
  local wrong = fault(plan.steps, {}, plan.start)
  if wrong then
    return nil, explained(plan) or wrong, "malformed"
  end
  return true
end

return stored_plan
