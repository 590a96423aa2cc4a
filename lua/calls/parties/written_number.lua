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

local KEYS = { "ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV", "WXYZ" } -- from 2 on
local KEYPAD = {}
for i, letters in ipairs(KEYS) do
  for letter in letters:gmatch(".") do KEYPAD[letter] = tostring(i + 1) end
end
local MISREAD = { o = "0", O = "0", l = "1", I = "1" }
local EXTENSIONS = { "^(.*%d.-)%s*,?;?%s*[eE][xX][tT][%a.:=]*%s*%d+$", "^(.*%d.-)%s*,?;?%s*[xX#]%s*%d+$" }

--- Why a text with more than digits isn't a phone number, and the one that is meant.
local function why_not(bare, text, country)
  if bare:find("^sips?:") then
    return mistake.show(text) .. " is a SIP address, and only phones and users can be rung"
  end
  local one, other = bare:match("^(%+?[%d%s().-]+)%s*[,;/]%s*(%+?[%d%s().-]+)$")
  one, other = one and written_number.read(one, country), other and written_number.read(other, country)
  if one and other then
    return ("%s are two numbers: write { %q, %q }"):format(mistake.show(text), one, other)
  end
  for _, pattern in ipairs(EXTENSIONS) do
    local whole = bare:match(pattern)
    local number = whole and written_number.read(whole, country)
    if number then
      return ("%s has an extension, which can't be dialled: write %s"):format(mistake.show(text), number)
    end
  end
  local is_word = bare:find("%a%a") ~= nil
  local dialled = is_word and bare:upper():gsub("%u", KEYPAD) or bare:gsub("%a", MISREAD)
  local number = bare:find("%d") and written_number.may_be(dialled) and written_number.read(dialled, country)
  if number then
    return ("%s has letters in it: write %s"):format(mistake.show(text), number)
  end
  return mistake.show(text) .. " isn't a phone number; write it like +13035550142"
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
    return nil, why_not(bare, text, country)
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
    for length = 1, 3 do -- +44 020 …
      local short = digits:sub(length + 1, length + 1) == "0" and number:sub(1, length + 1)
        .. digits:sub(length + 2)
      if short and numbering.look(short) then
        return nil, ("%s has a 0 that is only dialled at home: write %s"):format(mistake.show(text), short)
      end
    end
    return nil, ("%s isn't a phone number: %s"):format(mistake.show(text),
      code and ("%d digits, expected 11"):format(#digits) or "check its length and its first digits")
  end
  local number = country and inside(digits, country)
  if number then
    return number
  end
  if digits:sub(1, 2) == "00" and numbering.look("+" .. digits:sub(3)) then
    return nil, ("%s begins with 00, which isn't dialled everywhere: write +%s"):format(mistake.show(text),
      digits:sub(3))
  end
  local where = country and numbering.country(country) and " in " .. countries.name(country) or ""
  return nil, ("%s isn't a phone number%s: check its length and its first digits, or write it with + and "
    .. "country code, such as +13035550142"):format(mistake.show(text), where)
end

return written_number
