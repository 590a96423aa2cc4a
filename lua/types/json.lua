---@meta
-- types/json.lua
local json = {}

---JSON's null, which a Lua table cannot hold as nil. It is true in a condition.
---@type lightuserdata
json.null = nil

---A value as JSON text. A table is a list when it was marked by json.array or
---holds 1 to n and nothing else; other tables need string keys, which come
---sorted. Raises for what JSON cannot say: NaN, functions, holes, invalid
---UTF-8, more than 32 levels.
---@param value any
---@return string text
---@nodiscard
function json.encode(value) end

---The value of a JSON text. Numbers without a fraction are integers, up to
---2^53; null is json.null.
---@param text string at most 4 MiB, with at most 100,000 elements
---@param unique? boolean refuse an object that has a name more than once, instead of keeping the last value
---@return any value
---@return string? message the name, if it is repeated
---@return "malformed"|"repeated"|nil code
---@nodiscard
function json.decode(text, unique) end

---Mark a table as a list, so that it is [] when it is empty.
---@param list? table a new one when left out
---@return table list the same table
function json.array(list) end

return json
