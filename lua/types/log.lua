---@meta
-- types/log.lua
local log = {}

---One JSON line. Only field names that the host knows are written, so that no
---secret gets in under a new name; the names of others are listed in `dropped`.
---@param event string short, stable: "call_decided"
---@param fields? table<string, string|number|boolean>
function log.debug(event, fields) end

---@param event string
---@param fields? table<string, string|number|boolean>
function log.info(event, fields) end

---@param event string
---@param fields? table<string, string|number|boolean>
function log.warn(event, fields) end

---@param event string
---@param fields? table<string, string|number|boolean>
function log.error(event, fields) end

return log
