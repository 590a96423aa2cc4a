-- feasts.lua: names of feasts, and the dates to write for them.
--
--   feasts.meant("easter monday")   "easter+1"; nil for any other text
--
-- Only those that are on the same day wherever they are kept.

local feasts = {}

local DATES = {
  christmas = "12-25", xmas = "12-25", ["christmas eve"] = "12-24", ["xmas eve"] = "12-24",
  ["new year"] = "01-01", ["new year's"] = "01-01", ["new year's eve"] = "12-31", ["new years eve"] = "12-31",
  ["good friday"] = "easter-2", ["easter sunday"] = "easter", ["easter monday"] = "easter+1",
  ascension = "easter+39", pentecost = "easter+49", ["whit monday"] = "easter+50",
}

---@param text string
---@return string? date
function feasts.meant(text)
  return DATES[(text:lower():gsub(" day$", ""):gsub("_", " "))]
end

return feasts
