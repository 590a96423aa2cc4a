---@meta
-- types/twilio.lua: Twilio's side. The keys stay in the host.
local twilio = {}

---Whether Twilio signed a request. The host has checked every webhook before
---Lua sees it; this is for tools.
---@param url string whole, as Twilio was told it
---@param params table<string, string>|nil the form
---@param header string? X-Twilio-Signature
---@return boolean
---@nodiscard
function twilio.valid_signature(url, params, header) end

---The signature that Twilio would send. In the sandbox only, for its stand-in.
---@param url string
---@param params? table<string, string>
---@return string header
---@nodiscard
function twilio.sign(url, params) end

---A token with which a browser registers at Twilio.
---@param options { identity: string, ttl: integer? } seconds; token_seconds when left out
---@return string? token
---@return string? message
---@return "not_configured"? code
---@nodiscard
function twilio.access_token(options) end

---One request to Twilio's REST API. A path is "IncomingPhoneNumbers" or
---"Calls/CA…", below the account, or begins with a slash. Creates are never sent
---twice.
---@param method "GET"|"POST"|"DELETE"
---@param path string
---@param params? table<string, string|string[]>
---@param timeout_ms? integer shorter than twilio_timeout_ms
---@return table? body decoded
---@return string? message
---@return string? code "timeout", "connect", "not_configured", …, or Twilio's own: "twilio:21422"
---@return integer? status that Twilio answered
---@return integer? retry_after seconds that a 429 asks to wait; one too long to wait for here is not tried again
function twilio.request(method, path, params, timeout_ms) end

---The Date header of one of Twilio's answers: what time it is there.
---@return string? date nil if no answer came
---@return string? message
---@return string? code as of twilio.request
function twilio.date() end

---The elements of all pages of a list.
---@param path string
---@param params table<string, string|string[]>|nil
---@param key string the list's name in the answer: "calls", "incoming_phone_numbers"
---@param limit? integer
---@return table[]? elements
---@return string? message
---@return string? code
---@return integer? status
---@return integer? retry_after seconds that a 429 asks to wait
---@nodiscard
function twilio.list(path, params, key, limit) end

return twilio
