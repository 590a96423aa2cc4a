-- written_number.lua: phone numbers as people write them.
--
--   written_number.read("(303) 555-0142", "US")   "+13035550142"; or nil and why not
--   written_number.may_be(text)                   does it look like a written number?
--
-- A number without a plus belongs to the given country, with or without its trunk prefix ("0", "1") or
-- international prefix ("00", "011").

local countries = require("calls.parties.countries")
local mistake = require("calls.mistake")
local numbering = require("numbering")

local LONGEST = 40

local written_number = {}

--- Turn word processors' blanks and dashes into plain ones.
local function plain(text)
  return (text:gsub("\u{A0}", " "):gsub("\u{202F}", " "):gsub("\u{2007}", " "):gsub("\u{2010}", "-")
    :gsub("\u{2011}", "-"):gsub("\u{2013}", "-"):gsub("\u{2014}", "-"):gsub("\u{200E}", "")
    :gsub("\u{202A}", ""):gsub("\u{202C}", ""))
end

---@param text string
---@return boolean
function written_number.may_be(text)
  local _, digits = text:gsub("%d", "")
  return #text <= LONGEST and digits >= 2 and not plain(text):find("[^%d%s()./+-]")
end

--- A national number, if the country has it.
local function inside(digits, country)
  local code, trunk, abroad = numbering.country(country)
  if not code then
    return nil
  end
  for _, prefix in ipairs { trunk, "" } do
    local number = digits:sub(1, #prefix) == prefix and "+" .. code .. digits:sub(#prefix + 1)
    if number and numbering.look(number) then
      return number
    end
  end
  local number = digits:sub(1, #abroad) == abroad and "+" .. digits:sub(#abroad + 1)
  return number and numbering.look(number) and number or nil
end

---@param text string
---@param country string? ISO code; nil: only numbers with a plus are read
---@return string? e164
---@return string? message
function written_number.read(text, country)
  if text:find("^%+%d+$") and numbering.look(text) then
    return text
  end
  local bare = plain(text):gsub("^%s*[Tt][Ee][Ll]:", ""):match("^%s*(.-)%s*$")
  if not written_number.may_be(bare) then
    local typed = bare:gsub("[\128-\255]+", "") -- without what can't be seen
    if typed ~= bare and written_number.may_be(typed) then
      return nil, ("%s has a character in it that no number has: write %s"):format(mistake.show(text), typed)
    end
    return nil, mistake.show(text) .. " isn't a phone number; write it like +13035550142"
  end
  local plus = bare:sub(1, 1) == "+"
  -- +44 (0)20 …: the zero is for national calls.
  if plus then bare = bare:gsub("%(0%)", "") end
  local digits = bare:gsub("[^%d]", "")
  if bare:find("+", 2, true) then
    return nil, mistake.show(text) .. " has a plus in the middle: are these two numbers?"
  elseif plus then
    local number = "+" .. digits
    if numbering.look(number) then
      return number
    end
    local code = digits:sub(1, 1) == "1" and #digits ~= 11
    return nil, ("%s isn't a phone number: %s"):format(mistake.show(text),
      code and ("%d digits, expected 11"):format(#digits) or "check its length and its first digits")
  end
  local number = country and inside(digits, country)
  if number then
    return number
  end
  local where = country and numbering.country(country) and " in " .. countries.name(country) or ""
  return nil, ("%s isn't a phone number%s: check its length and its first digits, or write it with + and "
    .. "country code, such as +13035550142"):format(mistake.show(text), where)
end

return written_number
