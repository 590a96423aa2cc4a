-- hookswitch.fields.schema: the words that JSON Schemas of answers, events and commands are written in.

local json = require("json")

local schema = {
  TEXT = { type = "string" },
  WHOLE = { type = "integer" },
  NUMBER = { type = "number" },
  BOOLEAN = { type = "boolean" },
  TIME = { type = "integer", description = "Milliseconds since 1970 UTC." },
  ETAG = { type = "string", description = "The state of the row, quotes included: send it as If-Match." },
  E164 = { type = "string", pattern = "^\\+[1-9][0-9]{6,14}$" },
  ANYTHING = { description = "Any JSON." },
}

function schema.nullable(kind)
  return { type = json.array { kind, "null" } }
end

-- The same schema, or null.
local function or_null(of)
  if of["$ref"] then
    return { anyOf = json.array { of, { type = "null" } } }
  elseif type(of.type) ~= "string" then
    return of -- anything, or null is in it
  end
  local out = {}
  for key, value in pairs(of) do out[key] = value end
  out.type = json.array { of.type, "null" }
  if of.enum then
    out.enum = json.array(table.move(of.enum, 1, #of.enum, 1, {}))
    out.enum[#out.enum + 1] = json.null
  end
  return out
end

function schema.one_of(...)
  return { type = "string", enum = json.array { ... } }
end

--- A plain type with a sentence about it.
function schema.described(kind, description)
  return { type = kind.type, description = description }
end

function schema.ref(name)
  return { ["$ref"] = "#/components/schemas/" .. name }
end

function schema.list(items)
  return { type = "array", items = items }
end

--- An object with these fields and no other. All are always there: a question mark says that one may be
--- null (hookswitch.fields.nulls), an asterisk that one may be left out.
function schema.object(fields)
  local properties, required = {}, {}
  for name, field in pairs(fields) do
    local plain, mark = name:match("^(.-)([?*]?)$")
    properties[plain] = mark == "?" and or_null(field) or field
    if mark ~= "*" then
      required[#required + 1] = plain
    end
  end
  table.sort(required)
  return {
    type = "object", properties = properties, required = json.array(required), additionalProperties = false,
  }
end

--- The same fields and more.
function schema.extended(base, fields)
  for name, field in pairs(base) do
    fields[name] = fields[name] or field
  end
  return fields
end

--- A list, and where its next page begins.
function schema.page(field, name, kind)
  return schema.object { [field] = schema.list(schema.ref(name)), next = schema.nullable(kind or "string") }
end

return schema
