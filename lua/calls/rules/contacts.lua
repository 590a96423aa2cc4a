-- contacts.lua: lists of phone numbers in files beside the rules.
--
--   contacts.read(text, name)   a read-only table: list["+13035550188"] is the name, or true
--
-- A line is a number and, after a space, a name; "#" begins a comment:
--   +13035550188  Grace    # the landlord

local freeze = require("calls.rules.freeze")
local mistake = require("calls.mistake")

local contacts = {}

---@param text string
---@param name string the file's name, for messages
---@return table<string, string|true>
function contacts.read(text, name)
  local entries, n = {}, 0
  for line in (text .. "\n"):gmatch("(.-)\r?\n") do
    n = n + 1
    local number, label = line:gsub("%s*#.*$", ""):match("^%s*(%S+)%s*(.-)%s*$")
    if number then
      if not number:match("^%+[1-9]%d%d%d%d%d%d%d*$") or #number > 16 then
        mistake(("%s:%d: %s isn't a phone number; write it like +13035550188")
          :format(name, n, mistake.show(number)))
      elseif entries[number] then
        mistake(("%s:%d: %s is there twice"):format(name, n, number))
      end
      entries[number] = label ~= "" and label or true
    end
  end
  local step = freeze.stepper(entries)
  return setmetatable({}, {
    __index = entries,
    __newindex = function() mistake(("contacts: %s is changed by editing the file"):format(name)) end,
    __pairs = function(list) return step, list, nil end,
    __metatable = "contacts",
  })
end

return contacts
