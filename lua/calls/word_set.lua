-- word_set.lua: the words of a text, as a set.
--
--   word_set("busy no_answer")   -> { busy = true, no_answer = true }

---@param text string words with spaces between them
---@return table<string, true>
local function word_set(text)
  local set = {}
  for word in text:gmatch("%S+") do set[word] = true end
  return set
end

return word_set
