-- sandbox.glob: "*/Calls/*.json", where * stands for anything.

local glob = {}

---@param pattern string
---@param text string
---@return boolean
function glob.matches(pattern, text)
  local lua = pattern:gsub("[%^%$%(%)%%%.%[%]%+%-%?]", "%%%0"):gsub("%*", ".*")
  return text:find("^" .. lua .. "$") ~= nil
end

return glob
