-- hookswitch.fields.times: the part of hookswitch.fields.validate that reads times.

local config = require("config")
local instant = require("hookswitch.instant")
local json = require("json")
local tz = require("tz")
local wrong = require("hookswitch.fields.wrong")

local WITHOUT_OFFSET = "A date, and a time without an offset, are those of `zone` if there is such a field, "
  .. "else of the `timezone` of app.conf."

-- Etc/GMT+5 of a query that nobody escaped.
local function plus(zone)
  return (zone:gsub(" (%d+)$", "+%1"))
end

--- The zone of a time that names no offset: that of the field `zone` beside it, else the configured one.
local function zone_of(beside)
  local named = beside and beside.zone
  named = type(named) == "string" and #named <= 64 and plus(named)
  return named and tz.exists(named) and named or config.get("timezone")
end

---@param v table hookswitch.fields.validate, which gets instant, moment and zone
---@param validator function makes a Validator
---@param to_integer fun(value: any): integer?
return function(v, validator, to_integer)
  local function read(value, beside, ends)
    local number = to_integer(value)
    if number then
      return instant.is_milliseconds(number) and number or nil
    end
    return type(value) == "string" and instant.parse(value, zone_of(beside), ends) or nil
  end

  ---@param options? { optional: boolean?, ends: boolean|string? } ends: it ends a span (that begins with the
  --- field of that name), so a date includes its day
  ---@return Validator an ISO 8601 time or date, or milliseconds; gives milliseconds
  function v.instant(options)
    local schema = { type = "string", examples = json.array { "2026-11-22", "2026-11-22T09:30:00Z" } }
    local made = validator(schema, function(value, beside)
      local ends = options and options.ends
      local at = read(value, beside, ends)
      if not at then
        return nil, wrong("date_or_time")
      end
      local start = type(ends) == "string" and beside and read(beside[ends], beside)
      -- A span between two times may be empty; a date is a whole day.
      if start and start >= at and start ~= read(value, beside) then
        return nil, wrong("not_before", { field = ends })
      end
      return at
    end, options)
    schema.description = schema.description or WITHOUT_OFFSET
    return made
  end

  ---@param options? { optional: boolean? }
  ---@return Validator the IANA name of a time zone that tzdata has
  function v.zone(options)
    local schema = { type = "string", minLength = 1, maxLength = 64,
      examples = json.array { "America/Denver" } }
    return validator(schema, function(value)
      if type(value) ~= "string" or #value > 64 then
        return nil, wrong("zone")
      end
      value = plus(value)
      local known, message = tz.exists(value)
      if not known then
        return nil, wrong("zone", nil, message)
      end
      return value
    end, options)
  end

  ---@param options? { optional: boolean?, default: string? }
  ---@return Validator a time as v.instant takes it, or how long ago: "7d"; gives text for instant.moment
  function v.moment(options)
    local schema = { type = "string", examples = json.array { "7d", "12h", "2026-11-22T09:30:00Z" } }
    return validator(schema, function(value)
      local text = to_integer(value) and tostring(to_integer(value)) or value
      if type(text) ~= "string" or not instant.moment(text, 0) then
        return nil, wrong("moment")
      end
      return text
    end, options)
  end
end
