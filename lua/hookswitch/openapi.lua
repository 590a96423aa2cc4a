-- hookswitch.openapi: the description of the API, made from the route tables.
--
--   openapi.document(routes, schemas, { title =, version =, … }) → OpenAPI 3.1
--
-- Inputs come from the validators, which carry their JSON Schema. Answers come
-- from a route's `responses`, by status:
--   "Number"                      JSON by the schema of that name
--   false                         no body
--   { ["text/csv"] = schema, … }  by media type; a schema is a name or a table
-- Errors need not be named: all of them have one form.

local json = require("json")

local openapi = {}

local function reference(name)
  return { ["$ref"] = "#/components/schemas/" .. name }
end

local function schema_of(given)
  return type(given) == "string" and reference(given) or given
end

local function content(media)
  local out = {}
  for media_type, schema in pairs(media) do
    out[media_type] = { schema = schema_of(schema) }
  end
  return out
end

local WORDS = {
  [200] = "Done.", [201] = "Created.", [204] = "No content.", [206] = "A part of it.",
}

-- Whether a route writes a row that is there already: what only makes one has nothing to match.
local function is_conditional(route)
  return route.row ~= nil and route.method ~= "GET" and (route.path ~= nil or route.responses[200] ~= nil)
end

local IF_MATCH = {
  name = "If-Match", ["in"] = "header", required = false, schema = { type = "string" },
  description = "Write only if the row still has one of these tags, taken from ETag or `etag`.",
}

local ETAG_HEADER = { ETag = {
  description = "The state of the row, for If-Match.", schema = { type = "string" },
} }

-- The usual error, and the row as it is.
local function changed(row)
  local text = { type = "string" }
  return {
    description = "The row has changed since the state that If-Match names; `current` is the row now.",
    headers = ETAG_HEADER,
    content = content { ["application/json"] = {
      type = "object", additionalProperties = false, required = json.array { "error" },
      properties = { error = {
        type = "object", additionalProperties = false,
        required = json.array { "code", "details", "message", "request_id" },
        properties = { code = text, message = text, request_id = text, details = {
          type = "object", additionalProperties = false, properties = { current = reference(row) },
        } },
      } },
    } },
  }
end

local function answer(given, status)
  local out = { description = WORDS[status] or "An error." }
  if type(given) == "string" then
    out.content = content { ["application/json"] = given }
  elseif given then
    out.content = content(given)
  end
  return out
end

local ERRORS = {
  { 400, "The request is malformed.", function() return true end },
  { 401, "The token is missing or invalid.", function(route) return route.auth == "user" end },
  { 403, "The signature is missing or wrong.", function(route) return route.auth == "twilio" end },
  { 403, "The user's role is not enough; `x-least-role` is the least that is.", function(route)
    return route.role == "editor" or route.role == "admin"
  end },
  { 404, "Not found, or not yours.", function(route) return route.path ~= nil end },
  { 422, "Some fields are invalid; each is named.", function(route) return route.body or route.query end },
  { 429, "Too many requests; Retry-After says how long to wait.", function(route)
    return route.auth == "user" or route.limit
  end },
}

local TEXT = { type = "string" }

local function responses(route)
  local out = {}
  for status, given in pairs(route.responses or { [200] = { ["application/json"] = {} } }) do
    out[tostring(status)] = answer(given, status)
    if route.row and type(given) == "string" then
      out[tostring(status)].headers = ETAG_HEADER
    end
  end
  if is_conditional(route) then
    out["412"] = changed(route.row)
  end
  -- The host refuses a webhook in plain words, its handler in JSON.
  local media = { ["application/json"] = "Error", ["text/plain"] = route.auth == "twilio" and TEXT or nil }
  for _, entry in ipairs(ERRORS) do
    local status, words, applies = entry[1], entry[2], entry[3]
    if applies(route) and not out[tostring(status)] then
      out[tostring(status)] = { description = words, content = content(media) }
    end
  end
  out.default = { description = "Any other error.", content = content(media) }
  return out
end

local function parameters(route)
  local out = json.array {}
  for name in route.pattern:gmatch(":([%w_]+)") do
    local check = route.path and route.path[name]
    out[#out + 1] = { name = name, ["in"] = "path", required = true, schema = check and check.schema
      or { type = "string" } }
  end
  if is_conditional(route) then
    out[#out + 1] = IF_MATCH
  end
  local schema = route.query and route.query.schema
  local required, names = {}, {}
  for _, name in ipairs(schema and schema.required or {}) do
    required[name] = true
  end
  for name in pairs(schema and schema.properties or {}) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    out[#out + 1] = { name = name, ["in"] = "query", required = required[name] or false,
      schema = schema.properties[name] }
  end
  return #out > 0 and out or nil
end

-- What Twilio sends is Twilio's business: only that it is a form is said.
local FORM = { ["application/x-www-form-urlencoded"] = { type = "object", additionalProperties = true } }

local function request_body(route)
  if route.auth == "twilio" then
    return { required = true, content = content(FORM) }
  end
  local schema = route.body and route.body.schema
  return schema and { required = schema.required ~= nil, content = content { ["application/json"] = schema } }
end

local SECURITY = {
  none = function() return json.array {} end,
  twilio = function() return json.array { { twilio = json.array {} } } end,
  user = function() return json.array { { bearer = json.array {} }, { cookie = json.array {} } } end,
}

-- "/api/call-forwarding/:id/toggle" → "patch_call_forwarding_id_toggle"
local function operation_id(route)
  local words = route.method:lower()
  for word in route.pattern:gsub("^/api/", ""):gmatch("%w+") do
    words = words .. "_" .. word
  end
  return words
end

local function operation(route)
  return {
    operationId = operation_id(route),
    summary = route.summary or route.method .. " " .. route.pattern,
    tags = json.array { route.tag or "Other" },
    ["x-least-role"] = route.role,
    security = SECURITY[route.auth](),
    parameters = parameters(route),
    requestBody = request_body(route),
    responses = responses(route),
  }
end

local function tags(routes)
  local seen, out = {}, json.array {}
  for _, route in ipairs(routes) do
    local name = route.tag or "Other"
    if not seen[name] then
      seen[name] = true
      out[#out + 1] = { name = name, description = name .. "." }
    end
  end
  return out
end

local SCHEMES = {
  bearer = { type = "http", scheme = "bearer", bearerFormat = "JWT",
    description = "A token of the host application, or one from POST /api/auth/login." },
  cookie = { type = "apiKey", ["in"] = "cookie", name = "hookswitch_session",
    description = "The cookie of POST /api/auth/login, for pages of this server." },
  twilio = { type = "apiKey", ["in"] = "header", name = "X-Twilio-Signature",
    description = "Twilio's signature over the URL and the form." },
}

---@param routes Route[]
---@param schemas table<string, table> JSON Schemas by name; there must be an "Error"
---@param info { title: string, version: string, description: string, license: table }
---@param server_url string
---@return table
function openapi.document(routes, schemas, info, server_url)
  local paths, described = {}, {}
  for _, route in ipairs(routes) do
    if route.pattern:find("^/api/") then
      local path = route.pattern:gsub(":([%w_]+)", "{%1}")
      paths[path] = paths[path] or {}
      paths[path][route.method:lower()] = operation(route)
      described[#described + 1] = route
    end
  end
  return {
    openapi = "3.1.0",
    info = info,
    servers = json.array { { url = server_url } },
    tags = tags(described),
    paths = paths,
    components = { schemas = schemas, securitySchemes = SCHEMES },
  }
end

return openapi
