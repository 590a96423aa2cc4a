-- sandbox.rest.resource: what the stand-in's resources have in common.
--
--   resource.apply(form, row, NAMES)      takes the fields a form names
--   resource.shape(row, api, NAMES, "Applications")   the JSON every resource begins with
--   resource.one(kind, shape)             handlers of one resource: fetch, delete

local answer = require("sandbox.rest.answer")
local crypto = require("crypto")
local sandbox = require("models.sandbox")

local resource = {}

--- VoiceFallbackUrl -> voice_fallback_url.
---@param name string
---@return string
function resource.snake(name)
  return (name:gsub("(%l)(%u)", "%1_%2"):lower())
end

---@param prefix string "PN"
---@return string sid
function resource.new_sid(prefix)
  return prefix .. crypto.hex(crypto.random(16))
end

---@param form table
---@param row table
---@param names string[] Twilio's spelling
function resource.apply(form, row, names)
  for _, name in ipairs(names) do
    local value = form[name]
    if value == "true" or value == "false" then
      value = value == "true"
    end
    if value ~= nil then
      row[resource.snake(name)] = value
    end
  end
end

---@param api SandboxApi
---@param collection string
---@param sid string?
---@return string
function resource.uri(api, collection, sid)
  return ("/2010-04-01/Accounts/%s/%s/%s.json"):format(api.account, collection, sid)
end

---@param row table
---@param api SandboxApi
---@param names string[]
---@param collection string
---@return table
function resource.shape(row, api, names, collection)
  local out = {
    sid = row.sid, account_sid = api.account, api_version = "2010-04-01",
    date_created = answer.date(row.created_at), date_updated = answer.date(row.updated_at),
    uri = resource.uri(api, collection, row.sid),
  }
  for _, name in ipairs(names) do
    local field = resource.snake(name)
    out[field] = answer.null(row[field])
    if out[field] == answer.null(nil) and field:find("_method$") then
      out[field] = "POST"
    end
  end
  return out
end

--- Look up the path's resource and act on it, or answer that there is none.
---@param kind SandboxKind
---@param act fun(api: SandboxApi, row: table): Reply
---@return fun(api: SandboxApi): Reply
function resource.found(kind, act)
  return function(api)
    local row = sandbox.get(kind, api.params.sid)
    if not row then
      return answer.error(404, 20404, api.path)
    end
    return act(api, row)
  end
end

--- The same, while nobody else can write the row.
---@param kind SandboxKind
---@param act fun(api: SandboxApi, row: table): Reply
---@return fun(api: SandboxApi): Reply
function resource.changed(kind, act)
  local handler = resource.found(kind, act)
  return function(api)
    return sandbox.alone(function() return handler(api) end)
  end
end

---@param kind SandboxKind
---@param shape fun(row: table, api: SandboxApi): table
---@return fun(api: SandboxApi): Reply
function resource.fetch(kind, shape)
  return resource.found(kind, function(api, row) return answer.json(shape(row, api)) end)
end

---@param kind SandboxKind
---@return fun(api: SandboxApi): Reply
function resource.delete(kind)
  return resource.found(kind, function(_, row)
    sandbox.delete(kind, row.sid)
    return answer.empty()
  end)
end

return resource
