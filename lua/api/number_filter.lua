-- api/number_filter.lua: the number that a list is asked for, as people write it.
--
--   number = number_filter()   a validator; gives E.164 for "(415) 555-0123", and other texts as they are

local config = require("config")
local v = require("hookswitch.fields.validate")
local written_number = require("calls.parties.written_number")

local function read(text)
  local country = config.get("country") or ""
  local plus, abroad = text:gsub("^ (%d)", "+%1"), text:gsub("^%s*00", "+")
  for _, written in ipairs { plus, text, abroad } do
    local number = written_number.read(written, country ~= "" and country or "US")
    if number then
      return number
    end
  end
  return plus
end

---@return Validator
return function()
  return v.string { max = 100, optional = true, read = read,
    description = "A whole number, with + and country code, or as it is dialled in the `country` of app.conf "
      .. "(US when that is empty)." }
end
