-- hookswitch.openapi: what a route table becomes. That the whole document is
-- valid and complete is checked in spec/http/openapi_test.mjs.
dofile("spec/support/native.lua")
local json = require("json")
local openapi = require("hookswitch.openapi")
local v = require("hookswitch.fields.validate")

local INFO = { title = "Test", version = "1" }

local function described(route)
  route.pattern, route.method = route.pattern or "/api/things/:id", route.method or "GET"
  route.auth = route.auth or "user"
  local document = openapi.document({ route }, { Error = {}, Thing = {} }, INFO, "/")
  local path = next(document.paths)
  return path and document.paths[path][route.method:lower()], path, document
end

describe("hookswitch.openapi", function()
  it("writes paths, ids and parameters in OpenAPI's way", function()
    local operation, path = described {
      path = { id = v.integer { min = 1 } },
      query = v.object { limit = v.integer { max = 9, default = 5 }, after = v.string { min = 1, max = 3 } },
    }
    assert.are.equal("/api/things/{id}", path)
    assert.are.equal("get_things_id", operation.operationId)
    local id, after, limit = table.unpack(operation.parameters)
    assert.are.same({ "id", "path", true }, { id.name, id["in"], id.required })
    assert.are.same({ type = "integer", minimum = 1 }, id.schema)
    assert.are.same({ "after", true }, { after.name, after.required })
    assert.are.same({ "limit", false, 5 }, { limit.name, limit.required, limit.schema.default })
  end)

  it("says who may ask", function()
    assert.are.same({ { bearer = {} }, { cookie = {} } }, described {}.security)
    assert.are.same({}, described { auth = "none" }.security)
    assert.are.same({ { twilio = {} } }, described { auth = "twilio", method = "POST" }.security)
  end)

  it("takes bodies from validators, and a form from Twilio", function()
    local body = v.object { name = v.string { min = 1, max = 9 } }
    local operation = described { method = "POST", body = body }
    assert.is_true(operation.requestBody.required)
    assert.are.equal(body.schema, operation.requestBody.content["application/json"].schema)
    local optional = described { method = "POST", body = v.object { name = v.string { optional = true } } }
    assert.is_false(optional.requestBody.required)
    local webhook = described { method = "POST", auth = "twilio" }
    assert.is_table(webhook.requestBody.content["application/x-www-form-urlencoded"])
    assert.is_nil(described {}.requestBody)
  end)

  it("describes answers by name, by type, or as empty", function()
    local responses = described {
      responses = { [200] = "Thing", [201] = { ["text/csv"] = { type = "string" } }, [204] = false },
    }.responses
    local thing = { ["$ref"] = "#/components/schemas/Thing" }
    assert.are.same({ ["application/json"] = { schema = thing } }, responses["200"].content)
    assert.are.same({ ["text/csv"] = { schema = { type = "string" } } }, responses["201"].content)
    assert.is_nil(responses["204"].content)
  end)

  for _, case in ipairs {
    { "a route for users", {}, { "401", "429" } },
    { "a route for everybody", { auth = "none" }, {} },
    { "a limited route for everybody", { auth = "none", limit = {} }, { "429" } },
    { "a webhook", { auth = "twilio", method = "POST" }, { "403" } },
    { "a route with a checked path", { path = { id = v.integer() } }, { "401", "404", "429" } },
    { "a route with a body", { method = "POST", body = v.object {} }, { "401", "422", "429" } },
  } do
    local name, route, expected = case[1], case[2], case[3]
    it("adds the errors that can be of " .. name, function()
      local responses = described(route).responses
      local set = { ["200"] = true, ["400"] = true, default = true }
      for _, status in ipairs(expected) do
        set[status] = true
      end
      for status in pairs(responses) do
        assert.is_true(set[status], status)
        set[status] = nil
      end
      assert.is_nil(next(set))
    end)
  end

  it("leaves out what is not of the API", function()
    assert.is_nil(described { pattern = "/sandbox/seed" })
  end)

  it("encodes lists as lists", function()
    local _, _, document = described { auth = "none" }
    local text = json.encode(document)
    assert.is_truthy(text:find('"security":[]', 1, true))
    assert.is_truthy(text:find('"tags":[{', 1, true))
  end)
end)

describe("hookswitch.router", function()
  local router = require("hookswitch.router")

  local function with(entry, file)
    file = file or { prefix = "/api", auth = "user", role = "agent" }
    package.loaded["spec.route"] = setmetatable({ entry }, { __index = file })
    return pcall(router.load, { "spec.route" })
  end

  after_each(function() package.loaded["spec.route"] = nil end)
  local function handler() end

  it("hands the host each route's limit and stream", function()
    local limits = require("hookswitch.limits")
    local ok, routes = with { "GET", "/x", handler, limit = limits.login, stream = true }
    assert.is_true(ok)
    assert.are.equal(limits.login, routes[1].limit)
    assert.is_true(routes[1].stream)
    assert.are.equal(limits, router.limits)
    for name, limit in pairs(limits) do
      assert.are.equal(name, limit.name)
      assert.is_true(limit.per_minute > 0 and #name < 24)
    end
  end)

  it("refuses a limit of a route's own", function()
    local ok, message = with { "GET", "/x", handler, limit = { name = "login", per_minute = 1 } }
    assert.is_false(ok)
    assert.is_truthy(message:find("hookswitch.limits", 1, true))
  end)

  it("refuses a route for users without a role, and a role without users", function()
    for _, entry in ipairs {
      { "GET", "/x", handler, auth = "user" }, { "GET", "/x", handler, auth = "user", role = "root" },
      { "GET", "/x", handler, auth = "none", role = "admin" },
      { "POST", "/x", handler, auth = "twilio", role = "agent" },
    } do
      local ok, message = with(entry, { prefix = "/api" })
      assert.is_false(ok)
      assert.is_truthy(message:find("role", 1, true))
    end
    local ok, routes = with { "GET", "/x", handler, role = "editor" }
    assert.is_true(ok)
    assert.are.equal("editor", routes[1].role)
  end)

  it("refuses to limit webhooks", function()
    local limits = require("hookswitch.limits")
    local webhooks = { prefix = "/api", auth = "twilio" }
    local ok, message = with({ "POST", "/x", handler, limit = limits.login }, webhooks)
    assert.is_false(ok)
    assert.is_truthy(message:find("webhook", 1, true))
  end)
end)
