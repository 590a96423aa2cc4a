-- commands.pin: the line of people.txt that gives someone a PIN.

local pins = require("calls.team.pins")
local result = require("commands.shared.result")

local pin = {}

---@param options { pin: string }
---@return CommandResult
function pin.run(options)
  local hash, message, code = pins.hashed(options.pin)
  if not hash then
    return result.refused(code, message)
  end
  return result.done("pin: " .. hash, { pin = hash })
end

return pin
