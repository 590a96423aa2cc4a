-- hookswitch.memo: answers of a function, kept until the settings change.
--
--   numbers.by_phone = memo(function(phone) return db:one("SELECT …", phone) end)
--
-- The database counts every commit that touched a settings table
-- (db:generation()); while that number stands still, what was read is current.
-- Heartbeats of browsers are counted apart (db:generation("presence")).
-- So a call under way costs no query for settings that nobody changed. What is
-- kept is shared: callers must not write into it.

local db = require("db")

local LIMIT = 5000 -- entries; then all are forgotten

---@param read fun(key: string|integer, ...): any nil is remembered too
---@param kind "settings"|"presence"|nil of what it reads; nil: settings
---@return fun(key: string|integer, ...): any the same function; `key` alone tells answers apart
local function memo(read, kind)
  local kept, count, generation = {}, 0, nil
  local NONE = {}
  return function(key, ...)
    local current = db:generation(kind)
    if current ~= generation or count >= LIMIT then
      kept, count, generation = {}, 0, current
    end
    local answer = kept[key]
    if answer == nil then
      answer = read(key, ...)
      kept[key] = answer == nil and NONE or answer
      count = count + 1
      return answer
    end
    if answer == NONE then
      return nil
    end
    return answer
  end
end

return memo
