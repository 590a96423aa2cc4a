-- twilio.messages: text messages through the account.
--
--   messages.send(from, to, text, report_url?)
--   messages.undelivered(error_code)   what it means that one did not arrive

local twilio = require("twilio")

local messages = {}

-- The recipient's phone takes no texts: a landline, a number that is none, or
-- someone who has answered STOP.
messages.PHONE_REFUSES = {
  ["twilio:21211"] = true, ["twilio:21610"] = true, ["twilio:21612"] = true, ["twilio:21614"] = true,
  ["twilio:21635"] = true, ["twilio:30004"] = true, ["twilio:30005"] = true, ["twilio:30006"] = true,
}

-- ErrorCode of a report of "undelivered" or "failed": www.twilio.com/docs/api/errors/30003 and so on.
local UNDELIVERED = {
  ["30003"] = "the phone is off or out of reach", ["30004"] = "the phone does not take messages",
  ["30005"] = "nobody has this number any more", ["30006"] = "a landline, or a carrier out of reach",
  ["30007"] = "a carrier took it for spam",
  ["30032"] = "your toll-free number is not verified; verify it in Twilio's console",
  ["30034"] = "US carriers want your number registered for A2P 10DLC; register it in Twilio's console",
}

--- What it means that a message was not delivered.
---@param error_code string? Twilio's
---@return string message
---@return string code
function messages.undelivered(error_code)
  error_code = (error_code or ""):match("^%d*$") or ""
  local words = UNDELIVERED[error_code] or "Twilio gave no reason that we know"
  local code = error_code ~= "" and (" (%s)"):format(error_code) or ""
  return ("Twilio could not deliver the text: %s%s."):format(words, code), "twilio:" .. error_code
end

--- Send one. Never tried twice: an answer that was lost may mean that it was sent.
---@param from string a number of ours
---@param to string
---@param text string
---@param report_url string? where Twilio reports what becomes of it
---@return string? message_sid
---@return string? message
---@return string? code
function messages.send(from, to, text, report_url)
  local answer, message, code = twilio.request("POST", "Messages",
    { From = from, To = to, Body = text, StatusCallback = report_url })
  if not answer then
    return nil, message, code
  end
  return tostring(answer.sid or "")
end

return messages
