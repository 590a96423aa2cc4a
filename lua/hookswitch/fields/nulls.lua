-- hookswitch.fields.nulls: a field that can be null is in every answer, as null.
--
--   local nulls = Nulls(schemas)            JSON Schemas by name
--   nulls.complete("Number", value)         a copy in which every required field is there
--
-- Rows lack the columns that are NULL, and handlers leave out what they don't
-- have; clients in typed languages want the field. What is required is said
-- once, by the schema that the API's description shows. The value itself stays
-- as it is: it may be a row that is kept in memory.

local json = require("json")

local fill_of

-- The fill of each field that has one.
local function fields_of(schemas, schema)
  local fills, any = {}, false
  for name, field in pairs(schema.properties or {}) do
    fills[name] = fill_of(schemas, field)
    any = any or fills[name] ~= nil
  end
  return fills, any or #(schema.required or {}) > 0
end

local function fill_object(schemas, schema)
  local fills, any = fields_of(schemas, schema)
  return any and function(value)
    local out = setmetatable({}, getmetatable(value))
    for name, field in pairs(value) do
      local fill = fills[name]
      out[name] = fill and type(field) == "table" and fill(field) or field
    end
    for _, name in ipairs(schema.required or {}) do
      if out[name] == nil then out[name] = json.null end
    end
    return out
  end
end

local function fill_list(schemas, schema)
  local fill = fill_of(schemas, schema.items)
  return fill and function(value)
    local out = json.array {}
    for position, entry in ipairs(value) do
      out[position] = type(entry) == "table" and fill(entry) or entry
    end
    return out
  end
end

-- What completes a table by this schema; nil when nothing needs completing.
fill_of = function(schemas, schema)
  local name = schema["$ref"] and schema["$ref"]:match("([^/]+)$")
  if name then
    return fill_of(schemas, schemas[name])
  elseif schema.anyOf then -- a thing or null
    return fill_of(schemas, schema.anyOf[1])
  elseif schema.properties then
    return fill_object(schemas, schema)
  end
  return schema.items and fill_list(schemas, schema)
end

---@param schemas table<string, table>
---@return { complete: fun(name: string, value: any): any }
return function(schemas)
  local known = {}
  return {
    complete = function(name, value)
      if known[name] == nil then known[name] = fill_of(schemas, schemas[name]) or false end
      return known[name] and type(value) == "table" and known[name](value) or value
    end,
  }
end
