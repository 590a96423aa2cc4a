---@meta
-- types/limiter.lua
local limiter = {}

---@class Limit
---@field name string short; buckets of the same name and subject are one
---@field per_minute integer that many at once, and that many a minute

---Count one, for all workers together. The limits of routes are counted by the
---host (hookswitch/limits.lua); this is for what only a handler knows.
---@param limit Limit
---@param subject string a user, an address, a name
---@return true? ok
---@return string? message
---@return "limited"? code
---@return integer? seconds to wait
---@nodiscard
function limiter.take(limit, subject) end

return limiter
