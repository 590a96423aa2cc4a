-- hookswitch.roles: what users may do. A route names the least role that may ask for it (`role = "editor"`),
-- and the host refuses the others (host/server/access/role.c).
--
--   agent    calls, contacts, missed callers, recordings, the phone
--   editor   also rules, overrides and forwarding
--   admin    also numbers, recordings' end, others' absences, local accounts, the audit log

local fail = require("hookswitch.fail")

local roles = {}

roles.NAMES = { "agent", "editor", "admin" }

local RANK = {}
for rank, name in ipairs(roles.NAMES) do
  RANK[name] = rank
end

---@param name any
---@return boolean
function roles.exists(name)
  return RANK[name] ~= nil
end

local REFUSALS = {
  editor = { "editor_only", "Only an editor or an admin can do that, and your role is %s." },
  admin = { "admin_only", "Only an admin can do that, and your role is %s." },
}

--- Fail with 403 unless the user's role is enough: for what is asked inside of another request.
---@param req Request
---@param least string
function roles.check(req, least)
  if RANK[req.user.role] < RANK[least] then
    local code, message = table.unpack(REFUSALS[least])
    fail(403, code, message:format(req.user.role))
  end
end

--- A handler for admins who are known to be: users of a host application whose tokens name no role may do
--- what they always could, and no more.
---@param handler fun(req: Request): Reply
---@return fun(req: Request): Reply
function roles.for_known_admins(handler)
  return function(req)
    if req.user.role_assumed then
      fail(403, "role_not_known", "Your token doesn't name a role. Log in with an admin's local account, "
        .. "or set jwt_role_claim.")
    end
    return handler(req)
  end
end

return roles
