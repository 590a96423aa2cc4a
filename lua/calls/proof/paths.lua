-- paths.lua: follows every path through one plan to its end.
--
--   proof_plan.follow(plan, input, options, walked?)   -> nil, or { message =, path = }: a dead end
--
-- The real steps write the real documents; it tries each outcome that Twilio can report for a <Dial>, each
-- key of a menu and each answer. A call ends well if two people talk, in voicemail, or after a word to the
-- caller. Also refused: targets that can't be dialled, ringing that takes too long, documents that Twilio
-- would refuse, and those that lead back here.

local stored_plan = require("calls.plans.stored_plan")
local dial_outcome = require("calls.steps.dial_outcome")
local ending = require("calls.steps.ending")
local policy = require("calls.parties.policy")
local proof_raw = require("calls.proof.raw_twiml")
local steps = require("calls.steps.documents")
local reader = require("calls.twiml.reader")

local RING_LIMIT = 60

-- All values of DialCallStatus, with and without DialBridged.
local REPORTS = {
  { status = "no-answer" }, { status = "busy" }, { status = "failed" }, { status = "canceled" },
  { status = "completed", bridged = "false" }, { status = "completed" }, { status = "answered" },
  { status = "completed", bridged = "true" }, { status = "" },
}

local proof_plan = {}

---@class ProofWalk
---@field plan FlatPlan
---@field ctx CallContext
---@field seen table<string, boolean> where the caller has been
---@field trail string[] the path so far

local enter

local function dead_end(walk, message)
  return { message = message, path = table.concat(walk.trail, " → ") }
end

-- Continue with `words` on the trail; remove them if that path ended well.
local function along(walk, words, go)
  walk.trail[#walk.trail + 1] = words
  local fault = go()
  if not fault then walk.trail[#walk.trail] = nil end
  return fault
end

-- Outcomes that lead to the same step get the same document.
local function follow_ring(walk, n, ctx)
  local step, tried = walk.plan.steps[n], {}
  for _, report in ipairs(REPORTS) do
    local result = dial_outcome.read(step, report)
    local following = stored_plan.next(step, result.outcome) or 0
    if not result.connected and not tried[following] then
      tried[following] = true
      local words = ("%s (%s)"):format(stored_plan.words(step), (result.outcome:gsub("_", " ")))
      local fault = along(walk, words, function()
        local after = steps.after(walk.plan, n, report, ctx)
        return enter(walk, after.twiml, after.entered, ctx, "ring")
      end)
      if fault then
        return fault
      end
    end
  end
end

-- A key of the menu, a wrong key, or none; the last two until the tries are used up.
local function follow_menu(walk, n, ctx)
  local step = walk.plan.steps[n]
  local answers = { { "", "nothing pressed" }, { "wrong", "a wrong key" } }
  for key in pairs(step.digits or {}) do answers[#answers + 1] = { key, "key " .. key } end
  table.sort(answers, function(a, b) return a[2] < b[2] end)
  for _, answer in ipairs(answers) do
    local fault = along(walk, ("menu (%s)"):format(answer[2]), function()
      local document, entered = steps.menu(walk.plan, n, { digits = answer[1], try = step.tries }, ctx)
      return enter(walk, document, entered, ctx, ending.after_menu(walk.plan, n, answer[1]))
    end)
    if fault then
      return fault
    end
  end
end

local function follow_consent(walk, n, ctx)
  for digits, words in pairs { ["1"] = "recording (agreed)", [""] = "recording (declined)" } do
    local fault = along(walk, words, function()
      local document, entered = steps.consent(walk.plan, n, digits, ctx)
      local rec = setmetatable({ rec = digits == "1" and "1" or "0" }, { __index = ctx })
      return enter(walk, document, entered, rec, "consent")
    end)
    if fault then
      return fault
    end
  end
end

local FOLLOW = { ring = follow_ring, menu = follow_menu, consent = follow_consent }

---@param walk ProofWalk
---@param document string
---@param entered Entered
---@param ctx CallContext
---@param cause "start"|"ring"|"menu"|"key"|"consent" what led here
enter = function(walk, document, entered, ctx, cause)
  local key = ("%s %s %s"):format(entered.n or 0, ctx.rec or "", cause)
  if walk.seen[key] then
    return nil
  end
  walk.seen[key] = true
  local root, message = reader.parse(document)
  if not root then
    return dead_end(walk, "Twilio would refuse the document: " .. message)
  end
  if FOLLOW[entered.kind] then
    return FOLLOW[entered.kind](walk, entered.n, ctx)
  end
  local wrong = entered.n and ending.fault(walk.plan, document, entered, cause)
  if wrong then
    return along(walk, entered.kind, function() return dead_end(walk, wrong) end)
  end
end

-- The path to step `n` in words, for problems of the step itself.
local function way_to(plan, n)
  local from, queue = { [plan.start] = 0 }, { plan.start }
  for _, at in ipairs(queue) do
    for _, follower in ipairs(stored_plan.followers(plan.steps[at])) do
      if not from[follower[2]] then
        from[follower[2]], queue[#queue + 1] = { at, follower[1] }, follower[2]
      end
    end
  end
  local words = { stored_plan.words(plan.steps[n]) }
  while type(from[n]) == "table" do
    local before, outcome_word = from[n][1], from[n][2]
    local said = outcome_word:gsub("_", " ")
    table.insert(words, 1, ("%s (%s)"):format(stored_plan.words(plan.steps[before]), said))
    n = before
  end
  return table.concat(words, " → ")
end

local function bad_phone(phone, input, options)
  local facts_policy = options.facts and options.facts.policy
  if phone == input.to then
    return phone .. " is the number that was called: the call would come back here"
  end
  local ok, message = policy.check(phone, facts_policy)
  return not ok and message:gsub("%.$", "") or nil
end

-- The problem with a step by itself.
local function bad_step(step, input, options)
  if step.kind == "twiml" then
    return proof_raw.leads_back(step, function(phone) return bad_phone(phone, input, options) end)
  end
  for _, target in ipairs(step.targets or {}) do
    local wrong = target.phone and bad_phone(target.phone, input, options)
    if wrong then
      return "ring: " .. wrong
    end
  end
  local own = options.facts and options.facts.policy and options.facts.policy.own_numbers
  if own and step.caller_id and step.caller_id ~= "called" and not own[step.caller_id] then
    return ("ring: caller_id %s isn't a number of yours, and Twilio shows no other"):format(step.caller_id)
  end
end

local function check_steps(plan, input, options)
  local ok, message = stored_plan.check(plan)
  if not ok then
    return { message = message, path = "" }
  end
  for n, step in ipairs(plan.steps) do
    local wrong = bad_step(step, input, options)
    if wrong then
      return { message = wrong, path = way_to(plan, n) }
    end
  end
  local limit = options.ring_limit or RING_LIMIT
  local long, path = stored_plan.too_long(plan, limit)
  if long then
    return { message = long, path = path }
  end
end

local function rings_users(plan)
  for _, step in ipairs(plan.steps) do
    for _, target in ipairs(step.targets or {}) do
      if target.user then
        return true
      end
    end
  end
  return false
end

local EVERYONE, NOBODY = true, {} -- who is online

local function walk_plan(plan, input, options, online)
  local ctx = {
    number = input.number, call = { from = input.from, to = input.to, sid = "CA0" }, online = online,
    policy = options.facts and options.facts.policy,
  }
  local document, entered = steps.begin(plan, ctx)
  local later = setmetatable({ in_progress = true }, { __index = ctx })
  return enter({ plan = plan, ctx = ctx, seen = {}, trail = {} }, document, entered, later, "start")
end

---@param plan FlatPlan
---@param input CallInput the call it was made for
---@param options ProofOptions
---@param walked boolean? its documents have been checked
---@return { message: string, path: string }?
function proof_plan.follow(plan, input, options, walked)
  local wrong = check_steps(plan, input, options)
  if wrong or walked then
    return wrong
  end
  return walk_plan(plan, input, options, EVERYONE)
    or (rings_users(plan) and walk_plan(plan, input, options, NOBODY)) or nil
end

return proof_plan
