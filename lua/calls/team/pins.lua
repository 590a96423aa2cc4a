-- calls.team.pins: PINs of people.txt: hashed, and never shown.
--
--   pins.hashed("4821")   what people.txt keeps; or nil, message, "pin" or "busy"
--   pins.STAND_IN         a hash in its place while an edit is only tried; it fits no PIN
--   pins.hidden(text)     the text of a file without the hashes; two different ones stay different

local crypto = require("crypto")

local pins = {}

local SHORTEST, LONGEST = 4, 12
local HASH = "scrypt%$%d+%$%d+%$%d+%$[%w_=-]+%$[%w_=-]+"
local SHOWN = 6 -- hexadecimal digits

pins.STAND_IN = "scrypt$15$8$1$" .. ("A"):rep(22) .. "$" .. ("A"):rep(43)
pins.PATTERN = "^" .. ("%d"):rep(SHORTEST) .. "+$"
pins.SHORTEST, pins.LONGEST = SHORTEST, LONGEST
pins.HINT = ("must have %d to %d digits"):format(SHORTEST, LONGEST)

---@param pin string
---@return string? hash
---@return string? message
---@return "pin"|"busy"? code
function pins.hashed(pin)
  if #pin > LONGEST or not pin:find(pins.PATTERN) then
    return nil, "The PIN " .. pins.HINT .. ".", "pin"
  end
  return crypto.password_hash(pin)
end

---@param text string
---@return string
function pins.hidden(text)
  return (text:gsub(HASH, function(hash)
    return ("(hidden %s)"):format(crypto.hex(crypto.sha256(hash)):sub(1, SHOWN))
  end))
end

return pins
