---@meta
-- types/unicode.lua: what Unicode knows of letters. Text that isn't UTF-8, or that has more than 16
-- KiB, comes back as it is.
local unicode = {}

---The text in small letters of any script, each composed with its accents (NFC).
---@param text string UTF-8
---@return string
---@nodiscard
function unicode.lower(text) end

---The text without accents (U+0300 to U+036F, also those that are part of a letter), composed (NFC).
---@param text string UTF-8
---@return string
---@nodiscard
function unicode.unaccent(text) end

return unicode
