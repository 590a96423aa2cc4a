---@meta
-- types/recent.lua
local recent = {}

---Remember a text under a key, for all workers of this process: the plans of
---calls under way live here in case the database cannot be read. The oldest go
---when there are more than 8192, or more than 16 MiB. When it fails, what was
---there under the key is gone, too.
---@param key string at most 128 bytes
---@param text string at most 32 KiB
---@return true? ok
---@return string? message
---@return "too_large"|"memory"|nil code
function recent.put(key, text) end

---The same of a text that never goes: what this process has to know as long as
---it runs. Only for keys of our own, of which there are few.
---@param key string at most 128 bytes
---@param text string at most 32 KiB
---@return true? ok
---@return string? message
---@return "too_large"|"memory"|nil code
function recent.keep(key, text) end

---@param key string
---@return string? text nil when it is not there, or not any more
---@nodiscard
function recent.get(key) end

---Note a call whose report couldn't be stored: maintenance asks Twilio about
---it. Calls past 4096 are only counted.
---@param call_sid string
function recent.mark(call_sid) end

---Take one of the calls that were noted.
---@return string? call_sid nil: none left
---@return integer? missed how many couldn't be noted since the last nil
function recent.take_mark() end

return recent
