-- twilio.calls: the call list of the account.

local twilio = require("twilio")

local calls = {}

local MOST = 1000 -- one page

local function iso(ms)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", ms // 1000)
end

--- Calls that began in a span of time: CallSid, price and its unit.
---@param from integer milliseconds
---@param to integer milliseconds
---@return table[]?
---@return string? message
---@return string? code
function calls.between(from, to)
  -- Twilio takes either bound as "this moment or later" and "before"; a second
  -- more on both sides costs nothing.
  return twilio.list("Calls", { ["StartTime>"] = iso(from - 1000), ["StartTime<"] = iso(to + 1000),
    PageSize = MOST }, "calls", MOST)
end

return calls
