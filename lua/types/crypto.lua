---@meta
-- types/crypto.lua
local crypto = {}

---HMAC-SHA1 of `data`. Twilio signs its webhooks with it.
---@param key string
---@param data string
---@return string mac 20 bytes
---@nodiscard
function crypto.hmac_sha1(key, data) end

---@param key string
---@param data string
---@return string mac 32 bytes
---@nodiscard
function crypto.hmac_sha256(key, data) end

---One digest over all parts, in order.
---@param part string
---@param ... string
---@return string digest 32 bytes
---@nodiscard
function crypto.sha256(part, ...) end

---Compare in a time that does not tell where the texts differ.
---@param a string
---@param b string
---@return boolean
---@nodiscard
function crypto.equal(a, b) end

---@param n integer
---@return string # unpredictable bytes
---@nodiscard
function crypto.random(n) end

---@param bytes string
---@return string digits two lower-case digits a byte
---@nodiscard
function crypto.hex(bytes) end

---@param bytes string
---@return string text padded
---@nodiscard
function crypto.base64(bytes) end

---@param bytes string
---@return string text the alphabet for URLs, not padded
---@nodiscard
function crypto.base64url(bytes) end

---@param text string
---@return string? bytes
---@return string? message
---@return "malformed"? code
---@nodiscard
function crypto.base64_decode(text) end

---@param text string
---@return string? bytes
---@return string? message
---@return "malformed"? code
---@nodiscard
function crypto.base64url_decode(text) end

---What to store of a password (scrypt). Takes a fifth of a second; lookups don't have it.
---@param password string at most 1024 bytes
---@return string? stored
---@return string? message
---@return "busy"? code more than two others wait for theirs
---@nodiscard
function crypto.password_hash(password) end

---@param stored string from password_hash
---@param password string
---@return boolean? same
---@return string? message
---@return "busy"? code
---@nodiscard
function crypto.password_verify(stored, password) end

return crypto
