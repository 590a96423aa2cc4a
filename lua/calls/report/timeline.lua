-- timeline.lua: what happened to a call, moment by moment, in words for people.
--
--   timeline.of(call)   -> { { at = milliseconds, text }, … } in order
--
-- `call` is a row of the call log with its legs, its recordings and its trace (optional: a call that was
-- never decided has a timeline too).

local stored_plan = require("calls.plans.stored_plan")
local identity = require("calls.parties.identity")
local plan_words = require("calls.plans.words")

local timeline = {}

---@class StoryMoment
---@field at integer milliseconds
---@field text string

--- A phone number unchanged; a browser by its user.
---@param target string "+1…", "user:42", "client:user_42"
---@return string
function timeline.person(target)
  local user = target:match("^user:(.+)$") or identity.user(target:match("^client:(.+)$") or "")
  return user and ("user %s's browser"):format(user) or target
end

local person = timeline.person

local function people(targets)
  local words = {}
  for target in targets:gmatch("%S+") do
    words[#words + 1] = person(target)
  end
  return table.concat(words, " and ")
end

local function filled(value)
  return type(value) == "string" and value ~= "" and value or nil
end

-- ---- the decision ----

local DECIDED = {
  rules = function(trace)
    return ('rule "%s" (%s:%d) decides'):format(trace.rule or "?", trace.file or "forwarding.lua",
      trace.rule_line or 0)
  end,
  settings = function(trace)
    return trace.rule and ('rule "%s" leaves it to the console\'s settings'):format(trace.rule)
      or "no rule matches, so the console's settings decide"
  end,
  override = function() return "an override decides" end,
  blocked = function() return "the caller is blocked" end,
  inactive = function() return "the number is switched off" end,
  unadopted = function() return "the number belongs to no user" end,
  fallback = function() return "the rules fail, so the console's settings decide" end,
}

--- Who decided: 'rule "x" (forwarding.lua:12) decides'.
---@param trace table
---@return string
function timeline.decider(trace)
  if trace.source == "outgoing" then
    local problem = filled(trace.error)
    return problem and "refused: " .. problem or "allowed, shown as " .. tostring(trace.inputs.caller_id)
  end
  local words = DECIDED[trace.source]
  return words and words(trace) or trace.source .. " decides"
end

--- What the plan does if nobody answers.
---@param trace table
---@return string
function timeline.way(trace)
  local plan = trace.plan
  local usable = type(plan) == "table" and type(plan.steps) == "table" and stored_plan.check(plan)
  return usable and plan_words.way(plan) or "a plan that cannot be read"
end

local function decision(trace)
  if trace.source == "outgoing" then
    return timeline.decider(trace)
  end
  return ("%s: %s"):format(timeline.decider(trace), timeline.way(trace))
end

-- ---- the steps ----

local RINGS = {
  answered = "%s answers", forwarded = "%s answers", busy = "busy: %s",
  no_answer = "no answer from %s", failed = "%s cannot be reached",
  declined = "answered, but nobody pressed 1: %s", abandoned = "the caller gives up while %s rings",
}

local SKIPPED = { offline = "%s is not online", own_number = "%s is the number that was called",
  loop = "the call comes from %s" }

local function skipped(step, add)
  for _, left_out in ipairs(type(step.detail) == "table" and step.detail or {}) do
    local why = SKIPPED[left_out.code]
    local who = person(tostring(left_out.target))
    add(step.at, why and why:format(who) .. ", and does not ring"
      or ("%s does not ring: %s"):format(who, tostring(left_out.message or left_out.code)))
  end
end

local function step_words(step, took)
  if step.leg:find("^menu") then
    return step.outcome == "" and "the caller presses nothing" or "the caller presses " .. step.outcome
  elseif step.leg == "again" then
    return "Twilio did not get an answer, and asked again"
  elseif step.leg == "consent" then
    return ("the caller %s to be recorded"):format(step.outcome == "agreed" and "agrees" or "does not agree")
  end
  local words = RINGS[step.outcome] or step.outcome .. ": %s"
  local connected = step.outcome == "answered" or step.outcome == "forwarded"
  local who = connected and took or filled(step.target)
  return words:format(who and people(who) or "nobody")
end

local function add_steps(trace, legs, add)
  for _, step in ipairs(trace.steps or {}) do
    if step.leg == "skipped" then
      skipped(step, add)
    else
      local took
      for _, leg in ipairs(legs) do
        took = leg.call_sid == step.dial_call_sid and leg.to or took
      end
      add(step.at, step_words(step, took))
    end
  end
  for _, press in ipairs(trace.accepted_by or {}) do
    add(press.at, "1 is pressed: the call is accepted")
  end
end

-- ---- the call itself ----

local ENDINGS = {
  answered = "after a conversation", forwarded = "after a conversation", voicemail = "with a message left",
  abandoned = "because the caller hung up", blocked = "rejected", rejected = "rejected",
  hangup = "as the plan says", no_message = "without a message", no_answer = "without an answer",
  ["no-answer"] = "without an answer", busy = "busy", failed = "failed", declined = "declined",
  canceled = "before it was answered",
}

local function ending(call)
  local reason = filled(call.end_reason)
  local words = ENDINGS[reason or ""] or reason or ENDINGS[call.status]
  local seconds = call.duration and call.duration > 0 and (", %d s in total"):format(call.duration) or ""
  return ("the call ends%s%s"):format(words and " " .. words or "", seconds)
end

local function beginning(call)
  local inputs = call.trace and call.trace.inputs
  local caller = type(inputs) == "table" and type(inputs.call) == "table" and inputs.call.caller
  local name = type(caller) == "table" and filled(caller.name)
  local from = filled(call.from) and person(call.from) or "someone"
  return ("%s%s calls %s"):format(from, name and (" (%s)"):format(name) or "", filled(call.to) or "nobody")
end

-- What only Twilio's record said, and no report.
local function learned(fact, call)
  local who = "the call"
  if fact.about == "recording" then
    who = "recording " .. fact.sid
  elseif fact.about == "leg" then
    who = "the leg " .. fact.sid
    for _, leg in ipairs(call.legs or {}) do
      who = leg.call_sid == fact.sid and "the leg to " .. person(leg.to) or who
    end
  end
  return ("from Twilio's record, since its report never came: %s is %s"):format(who, fact.status)
end

-- Times of legs are by Twilio's clock, in whole seconds, the others by ours; so make sure that no leg rings
-- before the decision, and that the call ends after its last dial.
---@param call table
---@return StoryMoment[]
function timeline.of(call)
  local moments = {}
  local function add(at, text)
    if math.type(at) == "integer" then
      moments[#moments + 1] = { at = at, text = text, order = #moments }
    end
  end
  local trace = type(call.trace) == "table" and call.trace or nil
  local decided_at = trace and math.max(trace.decided_at, call.started_at) or call.started_at
  local last_at = decided_at
  add(call.started_at, beginning { from = call.from, to = call.to, trace = trace })
  if trace then
    add(decided_at, decision(trace))
  end
  for _, leg in ipairs(call.legs or {}) do
    add(math.max(leg.started_at, decided_at), person(leg.to) .. " rings")
    if leg.answered_at then
      add(math.max(leg.answered_at, decided_at), person(leg.to) .. " picks up")
    end
  end
  if trace then
    add_steps(trace, call.legs or {}, add)
    for _, step in ipairs(trace.steps or {}) do
      last_at = step.leg ~= "text" and math.max(last_at, step.at) or last_at
    end
  end
  add(call.ended_at and math.max(call.ended_at, last_at), ending(call))
  for _, fact in ipairs(call.learned_later or {}) do
    add(fact.at, learned(fact, call))
  end
  table.sort(moments, function(a, b) return a.at < b.at or a.at == b.at and a.order < b.order end)
  for _, one in ipairs(moments) do
    one.order = nil
  end
  return moments
end

return timeline
