---@meta
-- types/events.lua: what the console is told while it is open.
local events = {}

---Tell whoever listens, once what happened is stored. Nothing depends on it:
---an event says what to look at again.
---@param user_id string? whose event it is; nil for everyone
---@param type string small letters, dots and underscores
---@param data table at most 4096 bytes as JSON
function events.publish(user_id, type, data) end

---The id of the newest event: a stream that begins with it as `Last-Event-ID`
---tells everything that happens from now on.
---@return string
---@nodiscard
function events.last_id() end

---Whether anyone listens, or did within the last minute: ask before looking up
---what would be told.
---@return boolean
---@nodiscard
function events.wanted() end

---End the streams of a login that has ended.
---@param user_id string
---@param login? string all of the user's when left out
function events.hang_up(user_id, login) end

return events
