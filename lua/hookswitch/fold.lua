-- hookswitch.fold: text as a search sees it: small letters without accents.
--
--   fold.plain("José Núñez")     "jose nunez"; what is searched for
--   fold.forms("Jürgen")         "jurgen\njuergen": what it is searched in, one way to write it a line
--   fold.forms("Juergen")        "juergen\njurgen"
--
-- web/src/text/fold.js does the same in the browser.

local letters = require("hookswitch.letters")

local fold = {}

local PLAIN, SPELLED, SHORT = {}, {}, {}
local function each(lines, add)
  for base, list in lines:gmatch("(%S+) (%S+)") do
    for letter in list:gmatch(utf8.charpattern) do
      add(letter, base)
    end
  end
end
each(letters.plain, function(letter, base)
  PLAIN[letter] = base
end)
each(letters.spelled, function(letter, base)
  SPELLED[letter], SHORT[base] = base, PLAIN[letter]
end)
for code = 0x300, 0x36F do
  PLAIN[utf8.char(code)] = "" -- accents that stand after their letter
end

local COMPOSED = { -- what may be spelled, of a letter and its accent
  ["\u{308}"] = { A = "Ä", a = "ä", O = "Ö", o = "ö", U = "Ü", u = "ü" }, ["\u{30A}"] = { A = "Å", a = "å" },
}
local LETTER = "[\xC2-\xF4][\x80-\xBF]*"

local function plain(text)
  return (text:lower():gsub(LETTER, PLAIN))
end

---@param text string UTF-8
---@return string
fold.plain = plain

--- All ways to write it: ü is u or ue, and ue may stand for ü.
---@param text string UTF-8
---@return string lines
function fold.forms(text)
  for accent, composed in pairs(COMPOSED) do
    text = text:gsub("(%a)" .. accent, composed)
  end
  local own = plain(text)
  local forms, known = { own }, { [own] = true }
  for _, form in ipairs { plain((text:gsub(LETTER, SPELLED))), (own:gsub("[aou][ae]", SHORT)) } do
    if not known[form] then
      forms[#forms + 1], known[form] = form, true
    end
  end
  return table.concat(forms, "\n")
end

return fold
