-- follow_up.lua: which calls ask for a call back, or to be listened to.
--
--   follow_up.key(call)   what its row of the list is kept by; nil: it needs none
--
-- Missed calls of one number make one row of the list, until somebody talked to
-- that number or put it aside; the next missed call begins another
-- (models/missed_rows.lua). A message from someone who showed no number is a row
-- of its own.

local caller = require("calls.parties.caller")
local judgement = require("calls.steps.judgement")

local follow_up = {}

--- Nobody can be called back who shows no number; a message can be listened to.
---@param call table row of the call log
---@return string? key E.164, or the CallSid of a message without a number
function follow_up.key(call)
  if not judgement.reached_nobody(call) then
    return nil
  end
  local number = caller.classify(call.from).number
  return number or judgement.outcome(call) == "message" and call.call_sid or nil
end

--- The number of a key.
---@param key string
---@return string? number nil: the caller showed none
function follow_up.number(key)
  return key:find("^%+") and key or nil
end

return follow_up
