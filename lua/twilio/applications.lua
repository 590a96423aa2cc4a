-- twilio.applications: the TwiML App that browsers call through.

local twilio = require("twilio")

local applications = {}

--- One by its SID; false when the account has none.
---@param sid string
---@return table|false|nil
---@return string? message
---@return string? code
function applications.get(sid)
  local answer, message, code, status = twilio.request("GET", "Applications/" .. sid)
  if not answer and status == 404 then
    return false
  end
  return answer, message, code
end

--- The first of that name; false when there is none.
---@param name string
---@return table|false|nil
---@return string? message
---@return string? code
function applications.find(name)
  local list, message, code = twilio.list("Applications", { FriendlyName = name }, "applications", 20)
  if not list then
    return nil, message, code
  end
  for _, application in ipairs(list) do
    if application.friendly_name == name then
      return application
    end
  end
  return false
end

---@param name string
---@param params table<string, string>
---@return table?
---@return string? message
---@return string? code
function applications.create(name, params)
  params.FriendlyName = name
  return twilio.request("POST", "Applications", params)
end

---@param sid string
---@param params table<string, string>
---@return table?
---@return string? message
---@return string? code
function applications.update(sid, params)
  return twilio.request("POST", "Applications/" .. sid, params)
end

return applications
