-- models.owners: whose a call or leg is, from its two ends.

local identity = require("calls.parties.identity")
local numbers = require("models.numbers")

local owners = {}

--- The user whose browser rings; else the parent call's owner; else the owner of the number that was called
--- or shown; else the user whose browser calls.
---@param from string
---@param to string
---@param row { user_id: string?, phone_number_id: integer? }? of the leg's parent, or of the call itself
---@param is_leg boolean
---@return string? user_id
---@return integer? phone_number_id
function owners.of(from, to, row, is_leg)
  local callee = is_leg and identity.user(to:match("^client:(.+)") or "")
  if row and row.user_id then
    return callee or row.user_id, row.phone_number_id
  end
  local number = numbers.by_phone(to) or numbers.by_phone(from)
  if number then
    return number.user_id, number.id
  end
  return identity.user(from:match("^client:(.+)") or to:match("^client:(.+)") or "")
end

return owners
