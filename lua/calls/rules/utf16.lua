-- utf16.lua: texts that spreadsheets save as "Unicode", which is UTF-16 with a mark at its beginning.
--
--   utf16.decoded(text)   as UTF-8; a text without the mark as it is

local utf16 = {}

local FORMATS = { ["\xFF\xFE"] = "<I2", ["\xFE\xFF"] = ">I2" }
local UNREADABLE = 0xFFFD

local function is_high(unit)
  return unit >= 0xD800 and unit <= 0xDBFF
end

local function is_low(unit)
  return unit and unit >= 0xDC00 and unit <= 0xDFFF
end

---@param text string
---@return string
function utf16.decoded(text)
  local format = FORMATS[text:sub(1, 2)]
  if not format then
    return text
  end
  local parts, at, last = {}, 3, #text - 1
  while at <= last do
    local unit = string.unpack(format, text, at)
    at = at + 2
    if is_high(unit) then
      local low = at <= last and string.unpack(format, text, at)
      if is_low(low) then
        unit, at = 0x10000 + (unit - 0xD800) * 0x400 + low - 0xDC00, at + 2
      else
        unit = UNREADABLE
      end
    elseif is_low(unit) then
      unit = UNREADABLE
    end
    parts[#parts + 1] = utf8.char(unit)
  end
  return table.concat(parts)
end

return utf16
