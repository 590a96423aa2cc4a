-- hookswitch.fields.validate: callables that check one value from outside.
--
--   local RULE = v.object { ring_timeout = v.integer { min = 5, max = 600, default = 20 } }
--   local value, problems = RULE(body)  -- problems: { ring_timeout = wrong("between", …) }
--
-- A check gives back the (converted) value, or nil and a message (hookswitch.fields.wrong); an object gives
-- nil and a table of messages, one per field, all at once. Every validator carries `schema` for the OpenAPI
-- document.

local hidden = require("hookswitch.fields.hidden")
local json = require("json")
local times = require("hookswitch.fields.times")
local wrong = require("hookswitch.fields.wrong")

local v = {}

---@class Validator
---@field schema table JSON Schema
---@field optional boolean
---@field default any

local Validator = {}
Validator.__call = function(self, value, beside) return self.check(value, beside) end

local function validator(schema, check, options)
  options = options or {}
  schema.description = options.description
  return setmetatable({
    schema = schema,
    check = check,
    optional = options.optional or options.default ~= nil,
    default = options.default,
    nullable = options.nullable,
  }, Validator)
end

-- Integers also arrive as text, in paths and queries.
local function to_integer(value)
  if type(value) == "string" and #value <= 19 and value:find("^%-?%d+$") then
    return math.tointeger(tonumber(value))
  end
  return math.type(value) == "integer" and value or nil
end

-- In a query a plus that nobody escaped is a blank.
local function with_plus(value)
  return (value:gsub("^ (%d)", "+%1"))
end

-- Of an object: its messages by field.
local function is_by_field(message)
  return type(message) == "table" and not wrong.is(message)
end

-- v.instant, v.moment
times(v, validator, to_integer)

---@param options? { min: integer?, max: integer?, default: integer?, optional: boolean? }
---@return Validator
function v.integer(options)
  options = options or {}
  local min, max = options.min or math.mininteger, options.max or math.maxinteger
  local schema = { type = "integer", minimum = options.min, maximum = options.max, default = options.default }
  return validator(schema, function(value)
    local number = to_integer(value)
    if not number then
      return nil, wrong("whole_number")
    end
    if number >= min and number <= max then
      return number
    end
    if options.min and options.max then
      return nil, wrong("between", { min = min, max = max })
    end
    return nil, number < min and wrong("at_least", { min = min }) or wrong("at_most", { max = max })
  end, options)
end

---@param options? { min: integer?, max: integer?, pattern: string?, hint: Wrong|string?, optional: boolean?,
--- read: (fun(text: string): string?, any)? the value or nil, message; digits: boolean? a whole number is
--- its digits; line: boolean? it is one line, such as a name; plus: boolean? of a query: a blank may be an
--- unescaped +; bytes: boolean? they are counted }
---@return Validator
function v.string(options)
  options = options or {}
  local min, max = options.min or 0, options.max or 1000
  local schema = { type = "string", minLength = min, maxLength = max, default = options.default }
  return validator(schema, function(value)
    if options.digits and math.type(value) == "integer" then
      value = tostring(value)
    end
    if type(value) ~= "string" then
      return nil, wrong("text")
    end
    value = options.plus and with_plus(value) or value
    local length = utf8.len(value)
    if not length then
      return nil, wrong("utf8")
    end
    if options.line then value = value:gsub("[\t\n\r]+", " ") end
    if value:find("[%z\1-\8\11\12\14-\31\127]") or options.line and hidden.among(value) then
      return nil, wrong("control_characters")
    end
    length = options.bytes and #value or length
    if length < min or length > max then
      return nil, min > 0 and length < min and min == 1 and wrong("empty")
        or wrong(options.bytes and "bytes" or "characters", { min = min, max = max })
    end
    if options.pattern and not value:find(options.pattern) then
      return nil, options.hint or wrong("format")
    end
    if options.read then
      return options.read(value)
    end
    return value
  end, options)
end

-- Booleans also arrive as text, in queries.
local BOOLEANS = { [true] = true, ["true"] = true, ["1"] = true,
  [false] = false, ["false"] = false, ["0"] = false }

---@param options? { default: boolean?, optional: boolean? }
---@return Validator
function v.boolean(options)
  options = options or {}
  return validator({ type = "boolean", default = options.default }, function(value)
    if BOOLEANS[value] == nil then
      return nil, wrong("true_or_false")
    end
    return BOOLEANS[value]
  end, options)
end

---@param choices string[]
---@param options? { default: string?, optional: boolean?, aliases: table<string, string>? }
---@return Validator
function v.one_of(choices, options)
  options = options or {}
  local known = {}
  for _, choice in ipairs(choices) do
    known[choice] = choice
  end
  for alias, choice in pairs(options.aliases or {}) do
    known[alias] = choice
  end
  local schema = { type = "string", enum = json.array(choices), default = options.default }
  return validator(schema, function(value)
    if type(value) ~= "string" or not known[value] then
      return nil, wrong("one_of", { choices = table.concat(choices, ", ") })
    end
    return known[value]
  end, options)
end

---@param options? { optional: boolean?, plus: boolean? as of v.string }
---@return Validator a phone number in E.164: +15105550100
function v.e164(options)
  local schema = { type = "string", pattern = "^\\+[1-9][0-9]{6,14}$" }
  return validator(schema, function(value)
    value = options and options.plus and type(value) == "string" and with_plus(value) or value
    if type(value) ~= "string" or not value:find("^%+[1-9]%d%d%d%d%d%d%d*$") or #value > 16 then
      return nil, wrong("phone_number")
    end
    return value
  end, options)
end

---@param check Validator
---@param options? { max: integer?, min: integer?, optional: boolean? }
---@return Validator
function v.list(check, options)
  options = options or {}
  local min, max = options.min or 0, options.max or 100
  local schema = { type = "array", items = check.schema, minItems = min, maxItems = max }
  return validator(schema, function(value)
    if type(value) ~= "table" or (next(value) ~= nil and #value == 0) then
      return nil, wrong("list")
    end
    if #value < min or #value > max then
      return nil, wrong("entries", { min = min, max = max })
    end
    local out = json.array {}
    for position, item in ipairs(value) do
      local checked, message = check(item)
      if checked == nil then
        local field, what = next(is_by_field(message) and message or { message })
        return nil, wrong.entry(position, type(field) == "string" and field or nil, what)
      end
      out[position] = checked
    end
    return out
  end, options)
end

local function check_field(out, problems, name, check, given)
  local value = given[name]
  if value == json.null then
    if check.nullable then
      out[name] = json.null
      return
    end
    value = nil
  end
  if value == nil then
    if check.default ~= nil then
      out[name] = check.default
    elseif not check.optional then
      problems[name] = wrong("required")
    end
    return
  end
  local checked, message = check(value, given)
  if checked == nil and is_by_field(message) then
    for inner, words in pairs(message) do
      problems[name .. "." .. inner] = words
    end
  elseif checked == nil then
    problems[name] = message
  else
    out[name] = checked
  end
end

---@param fields table<string, Validator>
--- partial: every field may be left out, and defaults are not filled in
---@param options? { unknown_status: integer?, partial: boolean? }
---@return Validator gives nil and problems by field and a status, or nil and a message
function v.object(fields, options)
  options = options or {}
  local properties, required = {}, {}
  for name, check in pairs(fields) do
    properties[name] = check.schema
    if not check.optional and not options.partial then
      required[#required + 1] = name
    end
  end
  table.sort(required)
  local schema = { type = "object", properties = properties, additionalProperties = false,
    required = #required > 0 and json.array(required) or nil }
  local self = validator(schema, function(value)
    if type(value) ~= "table" then
      return nil, wrong("object")
    end
    local out, problems, status = {}, {}, nil
    for name in pairs(value) do
      if not fields[name] then
        problems[tostring(name)] = wrong("unknown")
        status = options.unknown_status
      end
    end
    for name, check in pairs(fields) do
      if not (options.partial and value[name] == nil) then
        check_field(out, problems, name, check, value)
      end
    end
    if next(problems) then
      return nil, problems, status
    end
    return out
  end, options)
  self.fields = fields
  return self
end

return v
