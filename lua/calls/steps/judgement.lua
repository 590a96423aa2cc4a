-- judgement.lua: how far a call came and how it ended, from everything known of it.
--
--   judgement.of(facts)             -> reason, talking: what is stored as the row's end_reason
--   judgement.outcome(call)         -> the outcome of a row of the call log, in one word
--   judgement.reached_nobody(call)  -> is it over, and may the caller expect a call back?
--   judgement.unscreened(plan, to)  -> of a phone that need not press 1: the leg of its ring
--
-- A verdict depends on the facts alone, not on the order in which reports arrive:
-- whichever comes last completes it. models/judgements.lua reads
-- the facts and stores the verdict in one statement, made from ORDER; use
-- judgements.add(batch, call_sid) after any fact that is written in a batch, and
-- judgements.store(call_sid) inside db:transaction.

local screening = require("calls.plans.screening")

local judgement = {}

---@class CallFacts booleans may also be 1 and 0
---@field inbound boolean
---@field over boolean Twilio's last report of the caller's own leg is here
---@field decided boolean a plan was chosen
---@field talk ("answered"|"forwarded")? the two sides were connected: a dial was bridged, 1 was pressed, or a
--- browser or an unscreened phone answered; not where Twilio says that the dial was not bridged
---@field talk_over boolean that has ended
---@field turned_away string? "blocked", "rejected", "refused: code"
---@field message boolean a message was recorded
---@field gave_up boolean the caller hung up during a ring
---@field hung_up boolean the plan ended the call
---@field mailbox boolean the caller was asked for a message
---@field word string? what Twilio says of the leg of an outgoing call, or of a call that was never decided

-- The first entry whose conditions all hold gives the reason: its word, or its
-- fact's value. An entry with neither means that the call goes on.
judgement.ORDER = {
  { fact = "talk", "talk", "talk_over" },
  { fact = "talk", "talk", "over" },
  { "talk" },
  { fact = "turned_away", "turned_away" },
  { reason = "voicemail", "message" },
  { reason = "abandoned", "gave_up" },
  { "not over" },
  { fact = "word", "word" },
  { reason = "no_answer", "not inbound" },
  { reason = "hangup", "hung_up" },
  { reason = "no_message", "mailbox" },
  { reason = "abandoned", "decided" },
  { reason = "no_answer" },
}

-- Reasons by outcome; a call that ended for any other reason reached nobody.
judgement.REASONS = {
  talked = { "answered", "forwarded" },
  message = { "voicemail" },
  turned_away = { "blocked", "rejected" },
}

local OUTCOME = {}
for outcome, reasons in pairs(judgement.REASONS) do
  for _, reason in ipairs(reasons) do
    OUTCOME[reason] = outcome
  end
end

local function holds(facts, condition)
  local name = condition:match("^not (.*)$")
  local value = facts[name or condition]
  local given = value ~= nil and value ~= false and value ~= 0
  return given == (name == nil)
end

local function applies(entry, facts)
  for _, condition in ipairs(entry) do
    if not holds(facts, condition) then
      return false
    end
  end
  return true
end

---@param facts CallFacts
---@return string? reason nil while the call goes on
---@return boolean talking the two sides are connected now
function judgement.of(facts)
  for _, entry in ipairs(judgement.ORDER) do
    if applies(entry, facts) then
      local reason = entry.reason or entry.fact and facts[entry.fact]
      return reason, reason == nil and holds(facts, "talk")
    end
  end
end

--- "missed" is an inbound call that reached nobody, "unanswered" an outgoing one.
---@param call { direction: string, ended_at: integer?, answered_at: integer?, end_reason: string? }
---@return "live"|"talking"|"talked"|"message"|"turned_away"|"missed"|"unanswered"
function judgement.outcome(call)
  local reason = call.end_reason
  if not reason and not call.ended_at then
    return call.answered_at and "talking" or "live"
  elseif reason and (OUTCOME[reason] or reason:find("^refused: ")) then
    return OUTCOME[reason] or "turned_away"
  end
  return call.direction == "inbound" and "missed" or "unanswered"
end

--- Does the caller expect a call back? Whoever left a message does, too.
---@param call table a row of the call log
---@return boolean
function judgement.reached_nobody(call)
  local outcome = judgement.outcome(call)
  return outcome == "missed" or call.direction == "inbound" and outcome == "message"
end

--- A phone that any ring of the plan asks to press 1 has to press it.
---@param plan FlatPlan?
---@param to string the phone that is dialled
---@return string? leg fwd or simulring; nil: it has to press 1, or the plan does not ring it
function judgement.unscreened(plan, to)
  local leg
  for _, step in ipairs(type(plan) == "table" and plan.steps or {}) do
    local asked = step.kind == "ring" and screening.asks_to_press(step, to)
    if asked then
      return nil
    end
    leg = leg or asked == false and step.leg or nil
  end
  return leg
end

return judgement
