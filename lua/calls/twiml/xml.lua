-- xml.lua: making any bytes safe in an XML document.
--
--   xml.text(s)        for the text of an element
--   xml.attribute(s)   for the value of an attribute in double quotes
--   xml.repaired(s)    valid UTF-8 made of any bytes
--
-- Every string is escaped, even one that looks escaped: there is no raw XML.
-- What XML 1.0 can't hold is dropped (control characters) or replaced by U+FFFD
-- (bytes that aren't UTF-8, and U+FFFE and U+FFFF).

local find, gsub, utf8len = string.find, string.gsub, utf8.len

local REPLACEMENT = "\u{FFFD}"

--- Drops control characters; `special` says what replaces the others.
local function mapping(special)
  local map = {}
  for byte = 0, 31 do map[string.char(byte)] = "" end
  for char, entity in pairs(special) do map[char] = entity end
  return map
end

local TEXT = mapping {
  ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["\r"] = "&#xD;", ["\t"] = false, ["\n"] = false,
}
local ATTRIBUTE = mapping {
  ["&"] = "&amp;", ["<"] = "&lt;", ['"'] = "&quot;", ["\t"] = "&#x9;", ["\n"] = "&#xA;", ["\r"] = "&#xD;",
}

local xml = {}

---@param text string
---@return string
function xml.repaired(text)
  if not utf8len(text) then
    local parts, from = {}, 1
    while from <= #text do
      local ok, bad = utf8len(text, from)
      if ok then
        parts[#parts + 1] = text:sub(from)
        break
      end
      parts[#parts + 1] = text:sub(from, bad - 1)
      parts[#parts + 1] = REPLACEMENT
      from = bad + 1
    end
    text = table.concat(parts)
  end
  return (gsub(text, "\xEF\xBF[\xBE\xBF]", REPLACEMENT))
end

---@param text string
---@return string
function xml.text(text)
  if not find(text, "[%c&<>\128-\255]") then
    return text
  end
  if find(text, "[\128-\255]") then text = xml.repaired(text) end
  return (gsub(text, "[%c&<>]", TEXT))
end

local function attribute(text)
  if not find(text, '[%c&<"\128-\255]') then
    return text
  end
  if find(text, "[\128-\255]") then text = xml.repaired(text) end
  return (gsub(text, '[%c&<"]', ATTRIBUTE))
end

-- Attributes hold the same URLs in every call, so results are kept; once hostile
-- values have filled the table it starts afresh.
local KEPT = 256
local kept, count = {}, 0

---@param text string
---@return string
function xml.attribute(text)
  local known = kept[text]
  if known then
    return known
  end
  if count >= KEPT then kept, count = {}, 0 end
  known = attribute(text)
  if #text <= 512 then
    kept[text], count = known, count + 1
  end
  return known
end

return xml
