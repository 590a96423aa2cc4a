---@meta
-- types/jwt.lua
local jwt = {}

---@class JwtOptions
---@field key "session"|"api" our own tokens, or those of the host application
---@field expires? integer seconds from now; session_seconds when left out

---A token; iat and exp are added, and the issuer and audience that are asked for.
---@param claims table<string, any>
---@param options JwtOptions
---@return string token
---@nodiscard
function jwt.sign(claims, options) end

---The claims of a token that is valid now. The message is the same for every
---reason, so that it can be shown.
---@param token string
---@param options { key: "session"|"api" }
---@return table? claims
---@return string? message
---@return "malformed"|"bad_signature"|"expired"|"not_yet"|"wrong_alg"|"wrong_issuer"|"wrong_audience"|nil code
---@nodiscard
function jwt.verify(token, options) end

return jwt
