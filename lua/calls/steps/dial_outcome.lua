-- dial_outcome.lua: how a <Dial> ended, from what Twilio posts to its action.
--
--   dial_outcome.read(step, dial)   -> DialOutcome, whatever Twilio says
--
-- `completed` alone proves nothing: a mobile's own voicemail "answers" too.
-- Connected means Twilio says the legs were bridged; if it doesn't say, it means
-- the call was answered and 1 was pressed, if it had to be.

---@class DialReport
---@field status string? DialCallStatus
---@field bridged string|boolean|nil DialBridged; nil when absent
---@field accepted boolean? someone pressed 1 for this call
---@field parent_status string? CallStatus of the caller's leg
---@field to string? the leg that answered ("client:…" for a browser), when known
---@field duration integer?

---@class DialOutcome
---@field outcome "answered"|"forwarded"|"busy"|"no_answer"|"failed"|"declined"|"abandoned"
---@field connected boolean
---@field caller_gone boolean the caller hung up, so no answer of ours is heard
---@field leak boolean a forwarded call that a mobile's voicemail took, or that was declined
---@field bad_target string? the phone that could not be called
---@field note string? "line_failed": for doctor

local screening = require("calls.plans.screening")

local dial_outcome = {}

local WORDS = {
  completed = "answered", answered = "answered", busy = "busy", failed = "failed",
  ["no-answer"] = "no_answer", no_answer = "no_answer", canceled = "no_answer",
}
local ENDED = { completed = true, canceled = true, busy = true, failed = true, ["no-answer"] = true }

--- Does this dial ask phones to press 1?
local function screened(step, dial)
  if dial.to and dial.to:match("^client:") then
    return false
  end
  -- If it isn't known which ring this was, assume that 1 had to be pressed.
  return not step or screening.asks_to_press(step)
end

local function is_connected(step, dial, word)
  if dial.bridged ~= nil and dial.bridged ~= "" then
    return tostring(dial.bridged) == "true"
  end
  return word == "answered" and (dial.accepted or not screened(step, dial)) and true or false
end

---@param step PlanStep? the ring that was dialled
---@param dial DialReport
---@return DialOutcome
function dial_outcome.read(step, dial)
  local leg = step and step.leg or "fwd"
  local word = WORDS[dial.status or ""] or "no_answer"
  local result = { outcome = word, connected = is_connected(step, dial, word), leak = false }
  result.caller_gone = not result.connected and ENDED[dial.parent_status or ""] or false
  if result.connected then
    result.outcome = leg == "fwd" and "forwarded" or "answered"
  elseif word == "answered" then
    -- Whoever doesn't know the PIN isn't the one who was called.
    result.outcome = step and screening.needs_pin(step) and "no_answer" or "declined"
    result.leak = leg == "fwd"
  elseif word == "no_answer" and result.caller_gone then
    result.outcome = "abandoned"
  elseif word == "failed" and leg == "line" then
    result.note = "line_failed"
  elseif word == "failed" and leg == "fwd" and step then
    result.bad_target = step.targets[1].phone
  end
  return result
end

return dial_outcome
