-- twilio.messages: text messages through the account.

local twilio = require("twilio")

local messages = {}

-- The recipient's phone takes no texts: a landline, a number that is none, or
-- somebody who has answered STOP.
messages.PHONE_REFUSES = {
  ["twilio:21211"] = true, ["twilio:21610"] = true, ["twilio:21612"] = true, ["twilio:21614"] = true,
  ["twilio:21635"] = true,
}

--- Send one. Never tried twice: an answer that was lost may mean that it was sent.
---@param from string a number of ours
---@param to string
---@param text string
---@return string? message_sid
---@return string? message
---@return string? code
function messages.send(from, to, text)
  local answer, message, code = twilio.request("POST", "Messages", { From = from, To = to, Body = text })
  if not answer then
    return nil, message, code
  end
  return tostring(answer.sid or "")
end

return messages
