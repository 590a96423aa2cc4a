-- follow_up.lua: which calls need a call back, or a listen.
--
--   follow_up.key(call)   the key of its row in the list; nil: it needs none
--
-- Missed calls from one number share a row of the list until someone talks to that number or dismisses it;
-- the next missed call begins another (models/missed_rows.lua). A message from someone who showed no number
-- is a row of its own.

local caller = require("calls.parties.caller")
local judgement = require("calls.steps.judgement")

local follow_up = {}

--- A caller without a number can't be called back, but a message can be heard.
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
