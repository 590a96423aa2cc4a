-- zone_names.lua: time zones as people name them.
--
--   zone_names.check(name)   true, or nil and what is wrong, with the zone to write
--   zone_names.misspelt(spec)   the key that is meant as `zone`, if it has none
--   zone_names.of(spec)      the zone of what hours { … } and rota { … } are given, or nil and what is wrong
--
-- "CST" is Chicago's time to whoever writes it, not the zone whose name is spelt
-- almost so; and "EST" or "Etc/GMT+7" are zones, but stand still when the clocks of
-- their cities change. So a zone is only suggested when its clocks show what was meant.

local tz = require("tz")

local zone_names = {}

local CITIES = {
  ["America/New_York"] = "EST EDT ET EASTERN", ["America/Chicago"] = "CST CDT CT CENTRAL",
  ["America/Denver"] = "MST MDT MT MOUNTAIN", ["America/Los_Angeles"] = "PST PDT PT PACIFIC",
  ["America/Anchorage"] = "AKST AKDT ALASKA", ["Pacific/Honolulu"] = "HST HAWAII",
  ["America/Halifax"] = "AST ADT ATLANTIC", ["America/St_Johns"] = "NST NDT",
  ["Europe/London"] = "BST UK GB", ["Europe/Lisbon"] = "WEST", ["Europe/Berlin"] = "CEST MEZ MESZ",
  ["Europe/Athens"] = "EEST", ["Europe/Moscow"] = "MSK", ["Asia/Kolkata"] = "IST", ["Asia/Tokyo"] = "JST",
  ["Asia/Seoul"] = "KST", ["Asia/Singapore"] = "SGT", ["Asia/Hong_Kong"] = "HKT", ["Asia/Shanghai"] = "",
  ["Australia/Sydney"] = "AEST AEDT", ["Australia/Adelaide"] = "ACST ACDT", ["Australia/Perth"] = "AWST",
  ["Pacific/Auckland"] = "NZST NZDT", ["America/Sao_Paulo"] = "BRT",
}
local MEANT = {}
for city, names in pairs(CITIES) do
  for name in names:gmatch("%S+") do MEANT[name] = city end
end

-- Cities by the hours that their clocks are ahead of UTC in winter.
local BY_HOURS = {
  [-10] = "Pacific/Honolulu", [-9] = "America/Anchorage", [-8] = "America/Los_Angeles",
    [-7] = "America/Denver",
  [-6] = "America/Chicago", [-5] = "America/New_York", [-4] = "America/Halifax", [-3] = "America/Sao_Paulo",
  [0] = "Europe/London", [1] = "Europe/Berlin", [2] = "Europe/Athens", [3] = "Europe/Moscow",
    [4] = "Asia/Dubai",
  [5] = "Asia/Karachi", [5.5] = "Asia/Kolkata", [7] = "Asia/Bangkok", [8] = "Asia/Singapore",
    [9] = "Asia/Tokyo",
  [10] = "Australia/Sydney", [12] = "Pacific/Auckland",
}
-- Zones without summer time, though the places that go by these names have it.
local FIXED = { EST = true, MST = true, HST = true }
local AREAS = { "America", "Europe", "Asia", "Australia", "Africa", "Pacific", "Atlantic", "Indian",
  "America/Argentina", "America/Indiana", "America/Kentucky", "America/North_Dakota" }

--- Hours ahead of UTC of "UTC-7", "GMT+05:30", "-07:00"; of "Etc/GMT+7", where the sign is the other way
--- round.
local function hours_of(name)
  local sign, hours = name:match("^Etc/GMT([+-])(%d%d?)$")
  if sign then
    return (sign == "+" and -1 or 1) * tonumber(hours)
  end
  local minutes
  sign, hours, minutes = name:upper():match("^[UGZ]?[TM]?[CT]?%s*([+-])(%d%d?):?(%d?%d?)$")
  return sign and (sign == "-" and -1 or 1) * (tonumber(hours) + (tonumber(minutes) or 0) / 60)
end

--- "new york" -> "New_York"
local function titled(name)
  return (name:lower():gsub("[ _]+", "_"):gsub("%f[%a]%a", string.upper):gsub("_Of_", "_of_"))
end

--- The zone of a city that is named alone, or written in another way.
local function of_city(name)
  local area, city = name:match("^(%a+)[/ ](.+)$")
  if area and tz.exists(titled(area) .. "/" .. titled(city)) then
    return titled(area) .. "/" .. titled(city)
  end
  for _, each in ipairs(AREAS) do
    local zone = each .. "/" .. titled(name)
    if not name:find("/", 1, true) and tz.exists(zone) then
      return zone
    end
  end
end

--- A city whose clocks show what the name means; false if other cities share it.
local function meant_by(name)
  local upper = name:upper():gsub("%s+TIME$", "")
  local hours = hours_of(name)
  if hours then
    return BY_HOURS[hours], false
  elseif FIXED[upper] or MEANT[upper] then
    return MEANT[upper], false
  end
  return of_city(name), true
end

---@param name string
---@return true?
---@return string? message
function zone_names.check(name)
  local exists, message = tz.exists(name)
  local hours = hours_of(name)
  local fixed = FIXED[name] or (hours and hours ~= 0)
  if exists and not fixed then
    return true
  end
  local city, is_sure = meant_by(name)
  local advice = city and ("write %q%s"):format(city, is_sure and "" or ", or the city that is meant")
  if exists then
    return nil, ("the time zone %q stands still when clocks change: %s"):format(name,
      advice or "write the city that is meant")
  elseif city then
    return nil, ("%q isn't a time zone: %s"):format(name, advice)
  elseif name:find("/", 1, true) then
    return nil, message -- with a name that is spelt almost so
  end
  return nil, ('%q isn\'t a time zone: write area and city, such as "America/Denver"'):format(name)
end

local ZONE = { zone = true, timezone = true, time_zone = true, timeZone = true, tz = true }

--- A key that is meant as `zone`.
---@param spec table
---@return string?
function zone_names.misspelt(spec)
  for key in pairs(type(spec.zone) ~= "string" and spec or {}) do
    if type(key) == "string" and key ~= "zone" and (ZONE[key] or ZONE[key:lower()]) then
      return key
    end
  end
end

---@param spec table
---@return string? zone
---@return string? message behind the word's name
function zone_names.of(spec)
  local zone = spec.zone
  if type(zone) ~= "string" then
    local key = zone_names.misspelt(spec)
    return nil, key and (' needs zone = "America/Denver", and has no %q'):format(key)
      or ' needs a zone such as "America/Denver"'
  end
  local ok, message = zone_names.check(zone)
  return ok and zone or nil, message and ": " .. message
end

return zone_names
