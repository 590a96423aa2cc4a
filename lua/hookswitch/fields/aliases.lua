-- hookswitch.fields.aliases: other names of the same fields.
--
--   local CHANGE = aliases(v.object { … }, { friendlyName = "friendly_name" })
--
-- The documented API has camelCase names in some places; everywhere else fields
-- are snake_case. Both are taken, one of them at a time.

local wrong = require("hookswitch.fields.wrong")

local Aliased = {}
Aliased.__call = function(self, value) return self.check(value) end

-- What the object's schema says, and the same of each alias.
local function schema_with(schema, names)
  local out, properties = {}, {}
  for name, value in pairs(schema) do
    out[name] = value
  end
  for name, value in pairs(schema.properties) do
    properties[name] = value
  end
  for alias, name in pairs(names) do
    properties[alias] = schema.properties[name]
  end
  out.properties = properties
  return out
end

---@param object Validator from v.object
---@param names table<string, string> alias → field
---@return Validator
local function aliases(object, names)
  local function check(value)
    if type(value) ~= "table" then
      return object(value)
    end
    local renamed, twice = {}, nil
    for name, given in pairs(value) do
      local field = names[name] or name
      if renamed[field] ~= nil then
        twice = twice or {}
        twice[field] = wrong("twice")
      end
      renamed[field] = given
    end
    if twice then
      return nil, twice
    end
    return object(renamed)
  end
  return setmetatable({
    schema = schema_with(object.schema, names), fields = object.fields, check = check,
    optional = object.optional, default = object.default,
  }, Aliased)
end

return aliases
