-- invisible.lua: invisible characters, which come along when text is copied.
--
--   invisible.name(character)   "no-break space", or nil
--   invisible.find(text, at?)   where the first one stands, and its name; or nil

local invisible = {}

local NAMES = {
  ["\u{00A0}"] = "no-break space", ["\u{00AD}"] = "soft hyphen", ["\u{2007}"] = "figure space",
  ["\u{2009}"] = "thin space", ["\u{200A}"] = "hair space", ["\u{200B}"] = "zero-width space",
  ["\u{200C}"] = "zero-width non-joiner", ["\u{200D}"] = "zero-width joiner",
  ["\u{200E}"] = "left-to-right mark", ["\u{200F}"] = "right-to-left mark", ["\u{2028}"] = "line separator",
  ["\u{2029}"] = "paragraph separator", ["\u{202A}"] = "left-to-right embedding",
  ["\u{202B}"] = "right-to-left embedding", ["\u{202C}"] = "end of a text direction",
  ["\u{202D}"] = "left-to-right override", ["\u{202E}"] = "right-to-left override",
  ["\u{202F}"] = "narrow no-break space", ["\u{2060}"] = "word joiner",
    ["\u{2066}"] = "left-to-right isolate",
  ["\u{2067}"] = "right-to-left isolate", ["\u{2068}"] = "first strong isolate",
  ["\u{2069}"] = "end of an isolate", ["\u{3000}"] = "ideographic space", ["\u{FEFF}"] = "byte order mark",
}

---@param character string
---@return string?
function invisible.name(character)
  return NAMES[character]
end

---@param text string
---@param at integer?
---@return integer?
---@return string? name
function invisible.find(text, at)
  at = at or 1
  while true do
    local from, to = text:find("[\194\226\227\239][\128-\191]+", at)
    if not from then
      return nil
    end
    local length = text:byte(from) == 194 and 2 or 3
    local name = NAMES[text:sub(from, from + length - 1)]
    if name then
      return from, name
    end
    at = math.max(to, from) + 1
  end
end

return invisible
