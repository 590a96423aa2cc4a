---@meta
-- types/config.lua
local config = {}

---A setting of app.conf. Raises for a name that is not one, and for a secret.
---@param key string
---@return string|integer|boolean|nil value nil when it is unset
---@nodiscard
function config.get(key) end

---Whether a setting has a value; the one question that secrets answer.
---@param key string
---@return boolean
---@nodiscard
function config.is_set(key) end

return config
