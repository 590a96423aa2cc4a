-- twilio.failure: what a failure of Twilio means for our client.
--
--   local answer, message, code = twilio.request(…)
--   if not answer then twilio_failure.fail(message, code) end
--
-- Twilio's own code and text are in the message.

local fail = require("hookswitch.fail")

local twilio_failure = {}

-- Twilio's error codes that mean something of their own.
local KNOWN = {
  ["21404"] = { 422, "trial_limit" },
  ["21421"] = { 422, "invalid_number" },
  ["21422"] = { 409, "number_taken" },
  ["21451"] = { 404, "no_numbers_available" },
  ["21452"] = { 404, "no_numbers_available" },
  ["21615"] = { 422, "address_required" },
  ["21631"] = { 422, "address_required" },
  ["21649"] = { 422, "bundle_required" },
  ["20003"] = { 502, "twilio_refused_credentials" },
  ["20404"] = { 404, "not_found_at_twilio" },
  ["20429"] = { 503, "twilio_busy" },
  ["401"] = { 502, "twilio_refused_credentials" },
  ["403"] = { 502, "twilio_refused_credentials" },
  ["404"] = { 404, "not_found_at_twilio" },
  ["429"] = { 503, "twilio_busy" },
}

local UNREACHABLE = { connect = true, dns = true, tls = true, refused_address = true }

-- Codes of two and twenty thousand are the request's fault; 20500 and its
-- neighbours, and plain 5xx, are Twilio's.
local function of_number(number)
  local code = tonumber(number)
  if code >= 10000 and not (code >= 20500 and code < 20600) then
    return 422, "twilio_refused"
  end
  return 502, "twilio_failed"
end

--- Which answer a failure becomes.
---@param code string of twilio.request
---@return integer status
---@return string our_code
function twilio_failure.meaning(code)
  if code == "not_configured" then
    return 503, "twilio_not_configured"
  elseif UNREACHABLE[code] then
    return 502, "twilio_unreachable"
  elseif code == "timeout" then
    return 502, "twilio_timeout"
  end
  local number = tostring(code):match("^twilio:(%d+)$")
  if not number then
    return 502, "twilio_failed"
  end
  local known = KNOWN[number]
  if known then
    return known[1], known[2]
  end
  return of_number(number)
end

--- End the request.
---@param message string
---@param code string
function twilio_failure.fail(message, code)
  local status, our_code = twilio_failure.meaning(code)
  local headers = status == 503 and our_code == "twilio_busy" and { ["Retry-After"] = "5" } or nil
  fail(status, our_code, message, nil, headers)
end

return twilio_failure
