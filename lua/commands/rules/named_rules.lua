-- commands.rules.named_rules: rules of a file that is tried; their messages name it, not forwarding.lua.
--
--   named_rules.of(rules, "try.lua")             the same rules; closed as they are
--   named_rules.message(message, "try.lua")      "forwarding.lua:3: boom" -> "try.lua:3: boom"

local config = require("config")
local drafts = require("models.drafts")

local named_rules = {}

---@param message string
---@param name string
---@return string
function named_rules.message(message, name)
  message = message:gsub("^forwarding%.lua%f[:]", function() return name end)
  if name ~= drafts.FILE then -- which is beside forwarding.lua
    local folder = "in the folder " .. config.get("lua")
    message = message:gsub("next to forwarding%.lua", function() return folder end)
  end
  return message
end

---@param rules table with decide, list and examples
---@param name string
---@return table
function named_rules.of(rules, name)
  local named = {}
  function named.decide(...)
    local ok, second, third, reads = rules.decide(...)
    if not ok then
      second = named_rules.message(second, name)
    end
    return ok, second, third, reads
  end
  return setmetatable(named, { __index = rules, __close = function() rules.close() end })
end

return named_rules
