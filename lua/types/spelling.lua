---@meta
-- types/spelling.lua: how far a mistyped word is from a known one.
local spelling = {}

---Letters to add, remove, change or swap to turn one word into the other, ignoring case. Only the first 63 letters
---count.
---@param word string
---@param other string
---@return integer
---@nodiscard
function spelling.distance(word, other) end

return spelling
