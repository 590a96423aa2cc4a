-- search.lua: the text typed to find a caller: part of a number or of a name.
--
--   search.read(text)   -> { patterns = texts that a number may contain, words = those of a name }

local fold = require("hookswitch.fold")

local search = {}

-- Blanks, quotes, dashes and marks beyond ASCII, including those that come along with what was copied.
local SIGNS = { "\xC2[\xA0\xAD\xB4]", "\xCA[\xB9-\xBC]", "\xE2[\x80\x81].", "\xE2\x88\x92", "\xEF\xBB\xBF" }
local TRUNK_DIGITS = 6 -- from this many on, a leading 0 may be a trunk prefix

local function without_signs(text, instead)
  for _, pattern in ipairs(SIGNS) do
    text = text:gsub(pattern, instead)
  end
  return text
end

local function digits_of(text)
  local rest = text:gsub("^%s*[Tt][Ee][Ll]:", ""):gsub("\xEF\xBC\x8B", "+")
  local has_plus = rest:find("^[%s%(]*%+") ~= nil
  if has_plus then rest = rest:gsub("%(0%)", "") end -- +44 (0)20: the zero is for national calls
  rest = without_signs(rest, ""):gsub("[%s%p]", "")
  return rest:match("^%d+$"), has_plus
end

local function patterns_of(text)
  local digits, has_plus = digits_of(text)
  if not digits then
    return {}
  elseif has_plus and not digits:find("^0") then
    return { "+" .. digits }
  end
  local patterns = { digits }
  if digits:find("^00%d") then
    patterns[#patterns + 1] = "+" .. digits:sub(3)
  elseif digits:find("^011%d") then
    patterns[#patterns + 1] = "+" .. digits:sub(4)
  elseif digits:find("^0") and #digits >= TRUNK_DIGITS then
    patterns[#patterns + 1] = digits:sub(2)
  end
  return patterns
end

local WORDS = 8 -- of a name

---@class Search
---@field patterns string[] at most two; a number matches if it contains one of them
---@field words string[] folded, at most eight; a name matches if it contains all of them

---@param text string not blank
---@return Search
function search.read(text)
  local words = {}
  -- Quotes and dashes are written in many ways, so a name is found by what is between them.
  for word in without_signs(fold.plain(text), " "):gsub("^%s*%+", ""):gmatch("[^%s'-]+") do
    if #words < WORDS then
      words[#words + 1] = word
    end
  end
  return { patterns = patterns_of(text), words = words }
end

return search
