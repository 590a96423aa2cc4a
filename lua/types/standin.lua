---@meta
-- types/standin.lua: what the sandbox's stand-in for Twilio needs. Outside the
-- sandbox every function raises.
local standin = {}

---Are these the credentials of our own account: its SID and auth token, or an
---API key and its secret? In constant time.
---@param user string
---@param password string
---@return boolean
---@nodiscard
function standin.is_account(user, password) end

---Wait, as a slow server does; at most as long as the request has left.
---@param ms integer 0 to 25000
---@return boolean going false while the server stops
function standin.sleep(ms) end

---Room to play a call, to be kept in a `<close>` variable. nil when half the
---workers play calls: the others have to answer them.
---@return userdata?
---@nodiscard
function standin.slot() end

---A request to our own server.
---@param method string
---@param target string path and query: "/api/twilio/twiml?step=after"
---@param headers string[] "Name: value"
---@param body string?
---@return integer? status
---@return string body_or_message
---@return string? content_type_or_code
function standin.request(method, target, headers, body) end

return standin
