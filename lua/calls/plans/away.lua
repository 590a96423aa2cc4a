-- away.lua: whoever is away isn't rung.
--
--   away.both(one, other)       the span in which both hold, or nil
--   away.left_out(plan, at, absent)   the plan without targets that are away, when that changes, and who they
--                               are; a ring may be left with none
--   away.skipped(plan)          … with what follows "no answer" in place of rings without targets
--
-- Plans are built when the rules are loaded, so they hold the spans of people.txt, and each call looks at
-- them; those who said themselves that they are away are in the call's input (`absent`).

local stored_plan = require("calls.plans.stored_plan")

local away = {}

---@class AwaySpan
---@field from integer? seconds since 1970; nil: any time before `to`
---@field to integer

---@param one AwaySpan?
---@param other AwaySpan?
---@return AwaySpan?
function away.both(one, other)
  if not one or not other then
    return nil
  end
  local from = math.max(one.from or math.mininteger, other.from or math.mininteger)
  local to = math.min(one.to, other.to)
  return from < to and { from = from > math.mininteger and from or nil, to = to } or nil
end

local NOBODY = {}

local function name_of(target)
  return target.phone or "user:" .. tostring(target.user)
end

-- Until when the target isn't rung; nil: it is.
local function away_until(target, at, absent)
  local span, until_when = target.away, absent[name_of(target)]
  if until_when and at < until_when then
    return until_when
  elseif span and at < span.to and (span.from == nil or at >= span.from) then
    return span.to
  end
end

--- The earlier of `known` and when someone leaves or comes back next.
local function next_change(target, at, absent, known)
  local span, back = target.away, absent[name_of(target)]
  local edge = span and (span.from and at < span.from and span.from or at < span.to and span.to)
  if back and at < back then edge = math.min(back, edge or back) end
  return edge and edge < (known or math.maxinteger) and edge or known
end

--- The step with the targets that are there; the step itself if its targets have no spans.
local function attended(step, at, found)
  local marked, targets = false, {}
  for _, target in ipairs(step.targets or {}) do
    local until_when = away_until(target, at, found.absent)
    marked = marked or target.away ~= nil or until_when ~= nil
    found.change = next_change(target, at, found.absent, found.change)
    if until_when then
      found.list = found.list or {}
      found.list[#found.list + 1] = { target = name_of(target), ends_at = until_when }
    else
      targets[#targets + 1] = {
        phone = target.phone, user = target.user, confirm = target.confirm, pin = target.pin,
      }
    end
  end
  if not marked then
    return step
  end
  local copy = {}
  for key, value in pairs(step) do copy[key] = value end
  copy.targets, copy.leg = targets, stored_plan.leg(targets)
  return copy
end

-- Plans of which no target has a span, most of all. Plans don't change, and many calls share one.
local without_spans = setmetatable({}, { __mode = "k" })

-- May who is rung depend on when?
local function has_spans(plan)
  local none = without_spans[plan]
  if none == nil then
    none = true
    for _, step in ipairs(plan.steps) do
      for _, target in ipairs(step.targets or NOBODY) do none = none and target.away == nil end
    end
    without_spans[plan] = none
  end
  return not none
end

---@param plan FlatPlan
---@param at integer seconds since 1970
---@param absent table<string, integer>? "user:42" or a phone -> until when, seconds since 1970
---@return FlatPlan without spans
---@return integer? change when someone of it leaves or comes back next, seconds since 1970
---@return { target: string, ends_at: integer }[]? left_out in the order of the plan, seconds since 1970
function away.left_out(plan, at, absent)
  if not absent and not has_spans(plan) then
    return plan
  end
  local steps, changed = {}, false
  local found = { absent = type(absent) == "table" and absent or NOBODY, list = nil, change = nil }
  for n, step in ipairs(plan.steps) do
    steps[n] = step
    if step.kind == "ring" then steps[n] = attended(step, at, found) end
    changed = changed or steps[n] ~= step
  end
  if not changed then
    return plan, found.change, found.list
  end
  local out = {}
  for key, value in pairs(plan) do out[key] = value end
  out.steps = steps
  return out, found.change, found.list
end

local function rings_nobody(step)
  return step.kind == "ring" and #step.targets == 0
end

--- Numbers of steps, as they are once rings of nobody are passed by.
local function passed(steps, numbers)
  local out = {}
  for key, n in pairs(numbers) do
    while rings_nobody(steps[n]) do n = stored_plan.next(steps[n], "no_answer") end
    out[key] = n
  end
  return out
end

---@param plan FlatPlan
---@return FlatPlan
function away.skipped(plan)
  local empty = false
  for _, step in ipairs(plan.steps) do empty = empty or rings_nobody(step) end
  if not empty then
    return plan
  end
  local out = {}
  for key, value in pairs(plan) do out[key] = value end
  out.start, out.steps = passed(plan.steps, { plan.start })[1], {}
  for n, step in ipairs(plan.steps) do
    local copy = {}
    for key, value in pairs(step) do copy[key] = value end
    copy.next = step.next and passed(plan.steps, step.next)
    copy.digits = step.digits and passed(plan.steps, step.digits)
    out.steps[n] = copy
  end
  return out
end

return away
