-- commands.pin: the line of people.txt that gives someone a PIN.

local pins = require("hookswitch.pins")

local pin = {}

---@param options { pin: string }
---@return CommandResult
function pin.run(options)
  local hash, message, code = pins.hashed(options.pin)
  if not hash then
    return { error = { code = code, message = message } }
  end
  return { ok = true, text = "pin: " .. hash, value = { pin = hash } }
end

return pin
