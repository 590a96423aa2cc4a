-- twilio.recordings: recordings at Twilio. Their sound is streamed by the host.

local twilio = require("twilio")

local recordings = {}

local DELETE_MS = 6000

--- Delete one. What is not there any more counts as deleted.
---@param sid string
---@return true?
---@return string? message
---@return string? code
function recordings.delete(sid)
  local answer, message, code, status = twilio.request("DELETE", "Recordings/" .. sid, nil, DELETE_MS)
  if answer or status == 404 then
    return true
  end
  return nil, message, code
end

return recordings
