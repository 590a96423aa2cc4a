-- commands.token: a token for trying the API.

local config = require("config")
local jwt = require("jwt")
local users = require("models.users")

local token = {}

local LONGEST = 30 * 24 * 3600

local function refused(code, message)
  return { error = { code = code, message = message } }
end

---@param options { user: string, ttl: string? }
---@return CommandResult
function token.run(options)
  local seconds = math.tointeger(tonumber(options.ttl or "3600"))
  if not seconds or seconds < 1 or seconds > LONGEST then
    return refused("usage", ("--ttl takes 1 to %d seconds."):format(LONGEST))
  end
  local id, message = users.named(options.user)
  if not id then
    return refused("usage", message)
  end
  -- Only a secret that is shared can sign what the host application signs.
  local shared = config.is_set("jwt_secret") and config.get("jwt_algorithm") == "HS256"
  local claim = shared and config.get("jwt_user_claim") or "sub"
  local text = jwt.sign({ [claim] = id }, { key = shared and "api" or "session", expires = seconds })
  return { ok = true, text = text, value = { token = text, expiresIn = seconds, user = { id = id } } }
end

return token
