-- twilio.recordings: recordings at Twilio. Their sound is streamed by the host.

local calls = require("twilio.calls")
local twilio = require("twilio")

local recordings = {}

local DELETE_MS = 6000
local PAGE = 500

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

--- The first recordings of a call, or of all calls since a moment; `calls.page` of "recordings" has the rest.
---@param filter { call_sid: string?, from: integer? }
---@return table[]? recordings
---@return string? next or a message
---@return string? code
---@return integer? status
---@return integer? seconds
function recordings.first(filter)
  return calls.page_of("recordings", twilio.request("GET", "Recordings", {
    CallSid = filter.call_sid, ["DateCreated>"] = filter.from and calls.since(filter.from),
    PageSize = tostring(PAGE),
  }))
end

return recordings
