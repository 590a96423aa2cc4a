-- literal_numbers.lua: numbers that people can read and `call.from` never equals.
--
--   literal_numbers.check(source, country, fail)   fail(line, message) for the first
--
-- Callers come as "+13035550142". A number written in another way does for ring, rotas and
-- contacts, which read it; held against a caller, or as a key, it is a text like any other.

local mistake = require("calls.mistake")
local written_number = require("calls.parties.written_number")

local literal_numbers = {}

local PLACES = {
  "%[%s*[\"']([^\"'\n]+)[\"']%s*%]%s*=[^=]", -- a key
  "[=~]=%s*[\"']([^\"'\n]+)[\"']",
  "[\"']([^\"'\n]+)[\"']%s*[=~]=",
}

local function is_date(text)
  return text:find("^%d%d%d%d%-%d%d%-%d%d") ~= nil
end

---@param source string
---@param country string
---@param fail fun(line: integer, message: string) raises
function literal_numbers.check(source, country, fail)
  local number = 0
  for line in (source .. "\n"):gmatch("(.-)\n") do
    number = number + 1
    local code = line:gsub("^%s*%-%-.*", "")
    for _, place in ipairs(PLACES) do
      for text in code:gmatch(place) do
        local read = written_number.may_be(text) and not text:find("^%+%d+$") and not is_date(text)
          and written_number.read(text, country)
        if read then
          fail(number, ("no caller's number looks like %s: write \"%s\", or phone(%s)"):format(
            mistake.show(text), read, mistake.show(text)))
        end
      end
    end
  end
end

return literal_numbers
