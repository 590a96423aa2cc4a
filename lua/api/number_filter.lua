-- api/number_filter.lua: the number that a list is asked for, as people write it.
--
--   number = number_filter()   a validator; gives E.164 for "(415) 555-0123", and other texts as they are

local config = require("config")
local v = require("hookswitch.fields.validate")
local written_number = require("calls.parties.written_number")

local function read(text)
  local country = config.get("country") or ""
  return written_number.read(text, country ~= "" and country or "US") or text
end

---@return Validator
return function()
  return v.string { max = 100, optional = true, plus = true, read = read,
    description = "A whole number, with + and country code, or as it is dialled in the `country` of app.conf "
      .. "(US when that is empty)." }
end
