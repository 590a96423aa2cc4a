-- call_words.lua: how a call ended and who was on it, in words for lists.

local caller = require("calls.parties.caller")
local judgement = require("calls.steps.judgement")

local call_words = {}

local REASONS = {
  answered = "Answered", forwarded = "Forwarded", voicemail = "Voicemail", no_message = "No message",
  abandoned = "Caller hung up", no_answer = "No answer", busy = "Busy", declined = "Declined",
  failed = "Failed", blocked = "Blocked", rejected = "Rejected", hangup = "Hung up by the rules",
}
local OUTCOMES = {
  live = "Ringing", talking = "Talking", talked = "Answered", message = "Voicemail",
  turned_away = "Turned away", missed = "Missed", unanswered = "Not answered",
}

--- "No message (missed)": why it ended, and its outcome if that differs.
---@param call table row of the call log
---@param word fun(english: string): string
---@return string
function call_words.outcome(call, word)
  local outcome = judgement.outcome(call)
  local reason = REASONS[call.end_reason or ""]
  if not reason then
    return OUTCOMES[outcome] and word(OUTCOMES[outcome])
  end
  return outcome == "missed" and word("%s (missed)"):format(word(reason)) or word(reason)
end

--- A number unchanged; other addresses in words.
---@param address string
---@param word fun(english: string): string
---@return string
function call_words.address(address, word)
  local who = caller.classify(address)
  if who.anonymous then
    return word("Withheld")
  end
  return who.number or who.user and word("Browser of %s"):format(who.user) or who.address or address
end

return call_words
