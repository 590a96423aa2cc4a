-- routes/openapi.lua: GET /api/openapi.json, the API's own description.

local config = require("config")
local openapi = require("hookswitch.openapi")
local json = require("json")
local router = require("hookswitch.router")
local schemas = require("api.schemas")

local INFO = {
  title = "Hookswitch",
  version = "1.0",
  summary = "Phone numbers, call forwarding, call logs and browser calling.",
  description = "Times are milliseconds since 1970 UTC. A field without a value is null. A row's `etag` "
    .. "is its ETag; send it back as If-Match, and a write fails with 412 if the row has changed. "
    .. "For balancers and alarms, not described here: GET /healthz; GET /readyz, 200 while calls can be "
    .. "answered, else 503; GET /readyz?strict, 503 as soon as there is a warning, too.",
  license = { name = "MIT", identifier = "MIT" },
}

local text -- made once: routes do not change in the life of a VM

local function document()
  text = text or json.encode(openapi.document(router.all(), schemas, INFO, config.get("server_url") or "/"))
  return text
end

local function get()
  return { 200, "application/json; charset=utf-8", document(), { ["Cache-Control"] = "no-cache" } }
end

return {
  prefix = "/api",
  tag = "Description",
  auth = "none",
  document = document,
  { "GET", "/openapi.json", get, summary = "This document",
    responses = { [200] = { ["application/json"] = { type = "object" } } } },
}
