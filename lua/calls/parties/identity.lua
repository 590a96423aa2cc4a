-- identity.lua: the name a user's browser has at Twilio.
--
--   identity.of("42")          "user_42"
--   identity.user("user_42")   "42", or nil if it isn't a user's
--
-- Twilio's mobile SDKs take letters, digits and underscore only; an id with
-- anything else is written in hex, so that two ids never share an identity.

local identity = {}

---@param user_id string|integer
---@return string
function identity.of(user_id)
  local id = tostring(user_id)
  if id:find("^[%w_]+$") then
    return "user_" .. id
  end
  return "userx_" .. id:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
end

---@param name string
---@return string? user_id
function identity.user(name)
  if type(name) ~= "string" then
    return nil
  end
  local plain = name:match("^user_([%w_]+)$")
  if plain then
    return plain
  end
  local hex = name:match("^userx_(%x+)$")
  if not hex or #hex % 2 ~= 0 then
    return nil
  end
  local id = hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)
  -- One identity per user: only the spelling of identity.of counts.
  return identity.of(id) == name and id or nil
end

return identity
