-- sandbox.rest.inventory: the numbers the stand-in has for sale.
--
--   inventory.search("US", "Local", { AreaCode = "510", Contains = "01**" }, taken, limit)
--   inventory.find("+15105550100")   -> entry, or nil
--
-- Numbers are computed, not stored: always the same ones, and only from ranges that
-- countries reserve for fiction, so they belong to nobody. US area code 555 has
-- none, as in reality.

local inventory = {}

-- Where some area codes are: city, region, zip, latitude, longitude.
local AREAS = {
  ["201"] = { "Jersey City", "NJ", "07302", 40.72, -74.04 },
  ["206"] = { "Seattle", "WA", "98101", 47.61, -122.33 },
  ["212"] = { "New York", "NY", "10001", 40.75, -73.99 },
  ["213"] = { "Los Angeles", "CA", "90012", 34.05, -118.24 },
  ["303"] = { "Denver", "CO", "80202", 39.74, -104.99 },
  ["305"] = { "Miami", "FL", "33130", 25.77, -80.19 },
  ["312"] = { "Chicago", "IL", "60604", 41.88, -87.63 },
  ["404"] = { "Atlanta", "GA", "30303", 33.75, -84.39 },
  ["415"] = { "San Francisco", "CA", "94103", 37.77, -122.42 },
  ["503"] = { "Portland", "OR", "97204", 45.52, -122.68 },
  ["510"] = { "Oakland", "CA", "94612", 37.80, -122.27 },
  ["512"] = { "Austin", "TX", "78701", 30.27, -97.74 },
  ["617"] = { "Boston", "MA", "02108", 42.36, -71.06 },
  ["702"] = { "Las Vegas", "NV", "89101", 36.17, -115.14 },
  ["720"] = { "Denver", "CO", "80203", 39.73, -104.98 },
  ["808"] = { "Honolulu", "HI", "96813", 21.31, -157.86 },
  ["416"] = { "Toronto", "ON", "M5H", 43.65, -79.38 },
  ["514"] = { "Montreal", "QC", "H2Y", 45.50, -73.55 },
  ["604"] = { "Vancouver", "BC", "V6B", 49.28, -123.12 },
}
local US_AREAS = {
  "201", "206", "212", "213", "303", "305", "312", "404", "415", "503", "510", "512", "617", "702", "720",
  "808",
}
local CA_AREAS = { "416", "514", "604" }
local TOLL_FREE = { "800", "833", "844", "855", "866", "877", "888" }
local NONE = { ["555"] = true, ["533"] = true } -- 533 is the one Twilio's test credentials have none in

-- Ranges reserved for fiction: prefix, how many digits follow, and where.
local RANGES = {
  GB = {
    Local = { { "+442079460", 3, "London" }, { "+441614960", 3, "Manchester" } },
    Mobile = { { "+447700900", 3 } },
    TollFree = { { "+448081570", 3 } },
  },
  DE = {
    Local = { { "+493023125", 3, "Berlin" }, { "+496990009", 3, "Frankfurt" } },
    Mobile = { { "+4917139200", 2 } },
  },
  FR = { Local = { { "+3319900", 4, "Paris" } }, Mobile = { { "+3363998", 4 } } },
}
local REQUIREMENTS = { DE = "local", FR = "local" }
local BUNDLES = { ["GB Mobile"] = true, ["DE Mobile"] = true, ["FR Mobile"] = true }

---@class SandboxOffer
---@field phone_number string
---@field friendly_name string
---@field country string
---@field type "Local"|"Mobile"|"TollFree"
---@field area string? area code
---@field locality string?
---@field region string?
---@field address_requirements "none"|"local"
---@field needs_bundle boolean

inventory.COUNTRIES = {
  US = "United States", CA = "Canada", GB = "United Kingdom", DE = "Germany", FR = "France",
}

local function american(country, kind, area, line)
  local place = kind == "Local" and AREAS[area] or {}
  local digits = ("%s55501%02d"):format(area, line)
  return {
    phone_number = "+1" .. digits, country = country, type = kind, area = area,
    friendly_name = ("(%s) 555-01%02d"):format(area, line),
    locality = place[1], region = place[2], postal_code = place[3], latitude = place[4], longitude = place[5],
    address_requirements = "none", needs_bundle = false,
  }
end

local function european(country, kind, range, line)
  local number = range[1] .. ("%0" .. range[2] .. "d"):format(line)
  return {
    phone_number = number, friendly_name = number, country = country, type = kind, locality = range[3],
    address_requirements = kind == "Local" and REQUIREMENTS[country] or "none",
    needs_bundle = BUNDLES[country .. " " .. kind] or false,
  }
end

-- A geographic area code: not 411 and its like, not toll-free, not premium.
local function is_area(area)
  return area:find("^[2-9]%d%d$") ~= nil and area:sub(2) ~= "11" and not area:find("^8(%d)%1$")
    and area ~= "900" and not NONE[area]
end

local function has(list, wanted)
  for _, entry in ipairs(list) do
    if entry == wanted then
      return true
    end
  end
  return false
end

-- The area codes to look through.
local function areas_of(country, kind, wanted)
  if kind == "TollFree" then
    return not wanted and TOLL_FREE or has(TOLL_FREE, wanted) and { wanted } or {}
  elseif kind ~= "Local" then
    return {}
  elseif not wanted then
    return country == "US" and US_AREAS or CA_AREAS
  end
  return is_area(wanted) and has(CA_AREAS, wanted) == (country == "CA") and { wanted } or {}
end

-- Calls visit(offer) for each until it returns true.
local function each(country, kind, area, visit)
  if country == "US" or country == "CA" then
    for line = 0, 99 do
      for _, code in ipairs(areas_of(country, kind, area)) do
        if visit(american(country, kind, code, line)) then
          return
        end
      end
    end
    return
  end
  for _, range in ipairs((RANGES[country] or {})[kind] or {}) do
    for line = 0, math.min(99, 10 ^ range[2] - 1) // 1 do
      if visit(european(country, kind, range, math.tointeger(line))) then
        return
      end
    end
  end
end

local KEYS = { "", "abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz" }

-- Twilio's pattern: digits stand for themselves, letters for the key they are on, * for any one digit and %
-- for any.
local function contains(pattern)
  local lua = pattern:lower():gsub("%l", function(letter)
    for digit, letters in ipairs(KEYS) do
      if letters:find(letter, 1, true) then
        return tostring(digit)
      end
    end
  end)
  lua = lua:gsub("[^%d*%%]", ""):gsub("[*%%]", { ["*"] = "%d", ["%"] = "%d*" })
  return function(number)
    return lua == "" or number:find(lua) ~= nil
  end
end

local function same(wanted, value)
  return not wanted or wanted == "" or (value or ""):lower() == wanted:lower()
end

---@param country string
---@param kind "Local"|"Mobile"|"TollFree"
---@param query table AreaCode, Contains, InLocality, InRegion, InPostalCode
---@param taken table<string, true>
---@param limit integer
---@return SandboxOffer[]
function inventory.search(country, kind, query, taken, limit)
  local found, fits = {}, contains(query.Contains or "")
  each(country, kind, query.AreaCode, function(offer)
    local wanted = not taken[offer.phone_number] and fits(offer.phone_number)
      and same(query.InLocality, offer.locality) and same(query.InRegion, offer.region)
      and same(query.InPostalCode, offer.postal_code)
      and (query.ExcludeAllAddressRequired ~= "true" or offer.address_requirements == "none")
    if wanted then
      found[#found + 1] = offer
    end
    return #found >= limit
  end)
  return found
end

local function find_european(number)
  for country, kinds in pairs(RANGES) do
    for kind, ranges in pairs(kinds) do
      for _, range in ipairs(ranges) do
        local rest = number:sub(#range[1] + 1)
        if number:sub(1, #range[1]) == range[1] and #rest == range[2] and rest:find("^%d+$") then
          return european(country, kind, range, math.tointeger(tonumber(rest)))
        end
      end
    end
  end
end

---@param number string E.164
---@return SandboxOffer?
function inventory.find(number)
  local area, line = number:match("^%+1(%d%d%d)55501(%d%d)$")
  if not area then
    return find_european(number)
  end
  for _, country in ipairs { "US", "CA" } do
    for _, kind in ipairs { "Local", "TollFree" } do
      if areas_of(country, kind, area)[1] then
        return american(country, kind, area, tonumber(line))
      end
    end
  end
end

return inventory
