-- hookswitch.fold: text as a search sees it: small letters without accents.
--
--   fold.plain("José Núñez")     "jose nunez"; what is searched for
--   fold.forms("Jürgen")         "jurgen\njuergen": what it is searched in, one way to write it a line
--   fold.forms("Juergen")        "juergen\njurgen"
--
-- web/src/text/fold.js does the same in the browser.

local letters = require("hookswitch.letters")
local unicode = require("unicode")

local fold = {}

local LETTER = "[\xC2-\xF4][\x80-\xBF]*"
local PLAIN, SPELLED, SHORT = {}, {}, {}

local function plain(text)
  return (unicode.unaccent(unicode.lower(text)):gsub(LETTER, PLAIN))
end

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
  SPELLED[letter], SHORT[base] = base, plain(letter)
end)

---@param text string UTF-8
---@return string
fold.plain = plain

--- All ways to write it: ü is u or ue, and ue may stand for ü.
---@param text string UTF-8
---@return string lines
function fold.forms(text)
  local own = plain(text)
  local spelled = unicode.lower(text):gsub(LETTER, SPELLED)
  local forms, known = { own }, { [own] = true }
  for _, form in ipairs { plain(spelled), (own:gsub("[aou][ae]", SHORT)) } do
    if not known[form] then
      forms[#forms + 1], known[form] = form, true
    end
  end
  return table.concat(forms, "\n")
end

return fold
