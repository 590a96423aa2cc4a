-- nulls_spec.lua: hookswitch.fields.nulls: every field of an answer is there, and what was given
-- stays as it is.
dofile("spec/support/native.lua")
local json = require("json")
local Nulls = require("hookswitch.fields.nulls")
local schema = require("hookswitch.fields.schema")
local schemas = require("api.schemas")

local ROW = schema.object { id = schema.WHOLE, ["name?"] = schema.TEXT, ["kind?"] = schema.one_of("a", "b") }
local ALL = {
  Row = ROW,
  Page = schema.page("rows", "Row"),
  Nested = schema.object { ["row?"] = schema.ref("Row"),
    list = schema.list(schema.object { ["at?"] = schema.TIME }),
    ["any?"] = schema.ANYTHING, ["extra*"] = schema.TEXT },
}

describe("an answer by its schema", function()
  local nulls = Nulls(ALL)

  it("has every field, null where there is none", function()
    assert.equal('{"id":1,"kind":null,"name":null}', json.encode(nulls.complete("Row", { id = 1 })))
    assert.equal('{"next":null,"rows":[{"id":1,"kind":null,"name":"x"}]}',
      json.encode(nulls.complete("Page", { rows = json.array { { id = 1, name = "x" } } })))
    assert.equal('{"any":null,"list":[{"at":null},{"at":5}],"row":null}',
      json.encode(nulls.complete("Nested", { list = json.array { {}, { at = 5 } } })))
    assert.equal('{"any":{"a":1},"list":[],"row":{"id":2,"kind":"a","name":null}}',
      json.encode(nulls.complete("Nested", {
      any = { a = 1 }, list = json.array {}, row = { id = 2, kind = "a" } })))
  end)

  it("leaves what it was given as it is: rows are kept in memory", function()
    local row = { id = 1 }
    local page = { rows = json.array { row }, next = json.null }
    nulls.complete("Page", page)
    assert.same({ id = 1 }, row)
    assert.equal(row, page.rows[1])
  end)

  it("lets everything else through", function()
    assert.equal("x", nulls.complete("Row", "x"))
    assert.equal(json.null, nulls.complete("Row", json.null))
    assert.equal('{"next":"c","rows":null}',
      json.encode(nulls.complete("Page", { rows = json.null, next = "c" })))
  end)

  it("is known of every schema of the API", function()
    local api = Nulls(schemas)
    for name, one in pairs(schemas) do
      local filled = api.complete(name, {})
      for _, field in ipairs(one.required) do assert.equal(json.null, filled[field], name .. "." .. field) end
    end
  end)
end)
