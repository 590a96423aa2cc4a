-- commands.token: a token for trying the API.

local config = require("config")
local jwt = require("jwt")
local result = require("commands.shared.result")
local roles = require("hookswitch.roles")
local users = require("models.users")

local token = {}

local refused = result.refused

local LONGEST = 30 * 24 * 3600

---@param options { user: string, ttl: string?, role: string? }
---@return CommandResult
function token.run(options)
  local seconds = math.tointeger(tonumber(options.ttl or "3600"))
  if not seconds or seconds < 1 or seconds > LONGEST then
    return refused("usage", ("--ttl takes 1 to %d seconds"):format(LONGEST))
  end
  local id, message = users.named(options.user)
  if not id then
    return refused("usage", message)
  end
  -- Only a secret that is shared can sign what the host application signs.
  local shared = config.is_set("jwt_secret") and config.get("jwt_algorithm") == "HS256"
  local claim = shared and config.get("jwt_user_claim") or "sub"
  local role = options.role or "admin"
  if not roles.exists(role) then
    return refused("usage", "--role takes admin, editor or agent")
  end
  local role_claim = shared and config.get("jwt_role_claim") or "role"
  if shared and options.role and not config.is_set("jwt_role_claim") then
    return refused("usage", "--role needs jwt_role_claim, the name of the claim that holds the role")
  end
  local claims = { [claim] = id }
  if role_claim ~= "" then
    claims[role_claim] = role
  end
  local text = jwt.sign(claims, { key = shared and "api" or "session", expires = seconds })
  return result.done(text, { token = text, expiresIn = seconds, user = { id = id } })
end

return token
