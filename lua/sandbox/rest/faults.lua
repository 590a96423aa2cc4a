-- sandbox.rest.faults: Twilio on a bad day, on demand.
--
--   faults.order { path = "*/IncomingPhoneNumbers.json", method = "POST", kind = "dropped", times = 1 }
--   faults.before(api) -> Reply or nil      faults.after(api, reply) -> Reply
--
-- Kinds: rate_limit (429 with Retry-After), server_error (500), unavailable (503
-- without a body of Twilio's), malformed (200, broken JSON), slow (waits, then
-- answers), refused (the connection ends, nothing happened), dropped (it happened,
-- and the connection ends without an answer), error (any of Twilio's codes).

local answer = require("sandbox.rest.answer")
local glob = require("sandbox.glob")
local sandbox = require("models.sandbox")
local standin = require("standin")

local faults = {}

faults.KINDS = {
  "rate_limit", "server_error", "unavailable", "malformed", "slow", "refused", "dropped", "error",
}

local NO_ANSWER = 444 -- the host ends the connection

local BEFORE = {
  rate_limit = function(fault)
    return answer.error(429, 20429, nil, { ["Retry-After"] = tostring(fault.retry_after or 1) })
  end,
  server_error = function() return answer.error(500, 20500) end,
  unavailable = function() return { 503, "text/html", "<html><body>Service Unavailable</body></html>" } end,
  malformed = function() return { 200, "application/json;charset=utf-8", '{"sid": "PN0123' } end,
  slow = function(fault)
    standin.sleep(fault.delay_ms or 1000)
    return nil
  end,
  refused = function() return { NO_ANSWER, nil, "" } end,
  error = function(fault) return answer.error(fault.status or 400, fault.code, fault.subject) end,
}

---@class SandboxFault
---@field path string "*/IncomingPhoneNumbers.json"
---@field method string or "*"
---@field times integer
---@field kind string one of faults.KINDS
---@field status integer? with code and subject: of an error
---@field code integer?
---@field subject string?
---@field retry_after integer? seconds, of a rate_limit
---@field delay_ms integer? of kind "slow"

---@param order SandboxFault
function faults.order(order)
  sandbox.add_fault(order.method, order.path, order.times, order)
end

--- The answer of a fault that prevents this request, or nil.
---@param api SandboxApi
---@return Reply?
function faults.before(api)
  for _, row in ipairs(sandbox.faults()) do
    local method_fits = row.method == "*" or row.method == api.method
    if method_fits and glob.matches(row.path, api.path) and sandbox.take_fault(row.id) then
      api.fault = row.fault
      local reply = BEFORE[row.fault.kind]
      return reply and reply(row.fault)
    end
  end
  return nil
end

--- The answer, as a fault leaves it.
---@param api SandboxApi
---@param reply Reply
---@return Reply
function faults.after(api, reply)
  if api.fault and api.fault.kind == "dropped" then
    return { NO_ANSWER, nil, "" }
  end
  return reply
end

return faults
