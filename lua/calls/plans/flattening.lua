-- flattening.lua: a plan that rules built, as the steps that are stored.
--
--   flattening.steps(p, content)  -> FlatPlan; `content` has what plan.lua keeps of each plan
--
-- A ring or menu with nothing after it ends in voicemail. Where a plan doesn't say how our own sentences are
-- spoken, they go on as the last say or menu before them spoke (`as_before`).

local mistake = require("calls.mistake")
local stored_plan = require("calls.plans.stored_plan")

local flattening = {}

local MAX_STEPS = stored_plan.MAX_STEPS
-- Fields that a plan has and a step doesn't.
local APART = { digits = true, order = true, rounds = true, units = true }
local ENDS_IN_VOICEMAIL = { ring = true, menu = true }
local SPEAKS = { say = true, menu = true }
-- Beside these, callers hear sentences of ours: consent, the tone, goodbye.
local OURS = { ring = true, voicemail = true, reject = true }
local VOICEMAIL = { kind = "voicemail", fields = {}, on = {} } -- that nobody wrote

---@class Flattening
---@field content table<Plan, PlanContent>
---@field steps table[]
---@field heard table<string, Heard> by voice and language
---@field orders table[]
---@field text string?

---@class Heard how the caller was spoken to
---@field voice string?
---@field language string?
---@field numbers table<Plan|PlanContent, integer> the step that each plan has become

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

---@param flat Flattening
---@param fields table
---@return Heard
local function heard_in(flat, fields)
  local key = (fields.voice or "") .. "\n" .. (fields.language or "")
  local heard = flat.heard[key] or { voice = fields.voice, language = fields.language, numbers = {} }
  flat.heard[key] = heard
  return heard
end

-- A ring in rounds: a step for each of them, the next one in every case. Returns the last. With an order,
-- entries change places.
local function add_rounds(flat, first, fields, n)
  local steps, places, step = flat.steps, { n }, first
  for i, targets in ipairs(fields.rounds) do
    local one = { targets = targets }
    for key, value in next, first do
      if key ~= "targets" then one[key] = value end
    end
    if i > 1 then
      places[i] = #steps + 1
      step.next = { otherwise = places[i] }
      step.leg = stored_plan.leg(step.targets)
    end
    one.next, one.leg = nil, nil
    steps[places[i]], step = one, one
  end
  if fields.order then
    flat.orders[#flat.orders + 1] = { by = fields.order, steps = places, units = fields.units }
  end
  return step
end

local function add_text(flat, text)
  if text and flat.text and flat.text ~= text then
    mistake("two parts of a plan have a :text(…), and a caller gets one message")
  end
  flat.text = flat.text or text
end

local add

-- Where a call goes on after a step: outcome -> step.
local function add_following(flat, mine, heard)
  local following, outcomes = {}, 0
  for _, word in ipairs(stored_plan.OUTCOMES) do
    if mine.on[word] then
      following[word] = add(flat, mine.on[word], heard)
      outcomes = outcomes + 1
    end
  end
  local digits
  if mine.fields.digits then
    digits = {}
    for _, key in ipairs(sorted_keys(mine.fields.digits)) do
      digits[key] = add(flat, mine.fields.digits[key], heard)
    end
  end
  if mine.otherwise then
    following.otherwise = add(flat, mine.otherwise, heard)
  elseif ENDS_IN_VOICEMAIL[mine.kind] and outcomes < #stored_plan.OUTCOMES then
    following.otherwise = add(flat, VOICEMAIL, heard)
  end
  return next(following) and following or nil, digits
end

-- Does it depend on what was heard before it? Others are the same step for every caller.
local function depends(mine)
  return not SPEAKS[mine.kind] and mine.kind ~= "hangup"
    and not (mine.fields.greeting or mine.fields.voice or mine.fields.language)
end

-- Adds a plan and all that follows it, each once for each way the caller was spoken to. Returns its step.
function add(flat, current, heard)
  local mine = flat.content[current] or current
  local numbers = (depends(mine) and heard or heard_in(flat, VOICEMAIL.fields)).numbers
  if numbers[current] then
    return numbers[current]
  end
  local n = #flat.steps + 1
  if n > MAX_STEPS then mistake(("a plan has at most %d steps"):format(MAX_STEPS)) end
  add_text(flat, mine.text)
  local step = { kind = mine.kind }
  numbers[current], flat.steps[n] = n, step
  -- Fields never change: plans that share a part share its tables.
  for key, value in next, mine.fields do
    if not APART[key] then step[key] = value end
  end
  if SPEAKS[mine.kind] then
    heard = heard_in(flat, mine.fields)
  elseif (heard.voice or heard.language) and OURS[mine.kind] and depends(mine) then
    step.voice, step.language, step.as_before = heard.voice, heard.language, true
  end
  if mine.fields.rounds then step = add_rounds(flat, step, mine.fields, n) end
  step.next, step.digits = add_following(flat, mine, heard)
  if step.kind == "ring" then step.leg = stored_plan.leg(step.targets) end
  return n
end

---@param p Plan
---@param content table<Plan, PlanContent>
---@return FlatPlan
function flattening.steps(p, content)
  local flat = { content = content, steps = {}, heard = {}, orders = {} }
  local start = add(flat, p, heard_in(flat, VOICEMAIL.fields))
  return { start = start, steps = flat.steps, missed_text = flat.text,
    orders = flat.orders[1] and flat.orders or nil }
end

return flattening
