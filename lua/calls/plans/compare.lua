-- compare.lua: would a caller notice if one plan replaced another?
--
--   compare.plans(a, b)   -> boolean
--
-- Plans are compared by walking them, from the start and outcome by outcome. Callers don't notice step
-- numbers, unreachable steps, the order of phones that ring together, or which console setting a ring comes
-- from.

local screening = require("calls.plans.screening")
local stored_plan = require("calls.plans.stored_plan")

local compare = {}

-- A menu's defaults.
local MENU_SECONDS, MENU_TRIES = 5, 2

local function same_targets(a, b)
  local counts = {}
  for _, word in ipairs(stored_plan.targets(a)) do
    counts[word] = (counts[word] or 0) + 1
  end
  for _, word in ipairs(stored_plan.targets(b)) do
    if not counts[word] or counts[word] == 0 then
      return false
    end
    counts[word] = counts[word] - 1
  end
  return #(a.targets or {}) == #(b.targets or {})
end

local function spoken_alike(a, b)
  return a.voice == b.voice and a.language == b.language
end

-- What the caller hears of one step, without what follows.
local HEARD = {
  ring = function(a, b)
    return a.seconds == b.seconds and same_targets(a, b)
      and screening.asks_to_press(a) == screening.asks_to_press(b)
      and screening.asks_for_pin(a) == screening.asks_for_pin(b)
  end,
  voicemail = function(a, b) return (a.greeting or "") == (b.greeting or "") and spoken_alike(a, b) end,
  say = function(a, b) return a.text == b.text and spoken_alike(a, b) end,
  play = function(a, b) return a.url == b.url end,
  reject = function(a, b) return (a.reason or "rejected") == (b.reason or "rejected") end,
  hangup = function() return true end,
  menu = function(a, b)
    return a.text == b.text and spoken_alike(a, b)
      and (a.seconds or MENU_SECONDS) == (b.seconds or MENU_SECONDS)
      and (a.tries or MENU_TRIES) == (b.tries or MENU_TRIES)
  end,
  twiml = function(a, b) return stored_plan.equal(a.verbs, b.verbs) end,
}

-- The successors of a step: outcome or keys -> step number.
local function ways(step)
  local found = {}
  for _, outcome in ipairs(step.kind == "ring" and stored_plan.OUTCOMES or { "otherwise" }) do
    found[outcome] = stored_plan.next(step, outcome)
  end
  for keys, n in pairs(step.kind == "menu" and step.digits or {}) do
    found["press " .. keys] = n
  end
  return found
end

--- For plans that stored_plan.check accepts; others are alike only if they are equal.
---@param a FlatPlan
---@param b FlatPlan
---@return boolean
function compare.plans(a, b)
  local known = {} -- pairs of steps found alike, or being compared

  local function same(m, n)
    local one, other = a.steps[m], b.steps[n]
    if one == nil or other == nil then
      return one == other
    end
    local pair = m .. " " .. n
    if known[pair] then
      return true
    end
    known[pair] = true
    if one.kind ~= other.kind or not HEARD[one.kind] or not HEARD[one.kind](one, other) then
      return false
    end
    local ways_a, ways_b = ways(one), ways(other)
    for way, following in pairs(ways_a) do
      if not ways_b[way] or not same(following, ways_b[way]) then
        return false
      end
    end
    for way in pairs(ways_b) do
      if not ways_a[way] then
        return false
      end
    end
    return true
  end

  if not stored_plan.check(a) or not stored_plan.check(b) then
    return stored_plan.equal(a, b)
  end
  return a.missed_text == b.missed_text and same(a.start, b.start)
end

return compare
