-- hookswitch.instant: times in text, as milliseconds since 1970 UTC.

local tz = require("tz")

local instant = {}

-- 2020: what has an earlier date came while the clock was wrong, and nobody knows how old it is.
instant.DATED_MS = 1577836800000

--- The milliseconds of a date and time.
---@param offset integer seconds east of UTC
---@return integer
function instant.of(year, month, day, hour, minute, second, offset)
  return (((tz.day_number(year, month, day) * 24 + hour) * 60 + minute) * 60 + second - offset) * 1000
end

--- Does this day exist?
---@return boolean
function instant.is_day(year, month, day)
  local of_year, of_month, of_day = tz.date(tz.day_number(year, month, day))
  return of_day == day and of_month == month and of_year == year
end

local UNITS = { s = 1, m = 60, h = 3600, d = 24 * 3600, w = 7 * 24 * 3600 }

--- Read a span of time: "90s", "30m", "12h", "7d", "2w".
---@param text string
---@return integer? seconds nil if it isn't one
function instant.span(text)
  local count, unit = text:match("^(%d+)%s*([smhdw])$")
  return count and #count <= 6 and math.tointeger(tonumber(count)) * UNITS[unit] or nil
end

local function offset_of(zone)
  if zone == "Z" or zone == "z" then
    return 0
  end
  -- A plus of a query that nobody escaped arrives as a blank.
  local sign, hours, minutes = zone:match("^([ +-])(%d%d):?(%d%d)$")
  if not sign then
    return nil
  end
  return (tonumber(hours) * 60 + tonumber(minutes)) * (sign == "-" and -60 or 60)
end

--- When the clocks of a zone show a time; the day and the hour may be one too many.
local function local_instant(zone, day_number, hour, minute, second)
  local year, month, day = tz.date(day_number + hour // 24)
  local at = tz.instant(zone, { year = year, month = month, day = day, hour = hour % 24, min = minute })
  return at and (at + second) * 1000 or nil
end

--- Read ISO 8601: a date, or a date and a time.
---@param text string
---@param zone string? IANA name, of a text that names no offset; UTC
---@param ends boolean? a date stands for the end of its day
---@return integer? milliseconds nil when it is neither
function instant.parse(text, zone, ends)
  local year, month, day, rest = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$")
  if not year or #text > 35 then
    return nil
  end
  local hour, minute, second, named = rest:match("^[Tt ](%d%d):(%d%d):?(%d?%d?)%.?%d*(.*)$")
  if rest == "" then
    hour, minute, second, named = ends and "24" or "0", "0", "", ""
  end
  local offset = named and named ~= "" and offset_of(named)
  year, month, day = math.tointeger(year), math.tointeger(month), math.tointeger(day)
  if not named or offset == nil or not instant.is_day(year, month, day) or tonumber(hour) > 24
    or tonumber(minute) > 59 then
    return nil
  end
  hour, minute, second = math.tointeger(hour), math.tointeger(minute), math.tointeger(second) or 0
  if offset then
    return instant.of(year, month, day, hour, minute, second, offset)
  end
  return local_instant(zone or "UTC", tz.day_number(year, month, day), hour, minute, second)
end

--- A moment as the clocks of a zone show it: "2026-11-22T09:30:00-07:00".
---@param at integer milliseconds
---@param zone string IANA name
---@return string
function instant.text(at, zone)
  local clock = assert(tz.local_time(zone, at // 1000))
  local minutes = clock.offset // 60
  return ("%04d-%02d-%02dT%02d:%02d:%02d%s%02d:%02d"):format(clock.year, clock.month, clock.day, clock.hour,
    clock.min, clock.sec, minutes < 0 and "-" or "+", math.abs(minutes) // 60, math.abs(minutes) % 60)
end

--- May this number be a time in milliseconds? 1795988960 is one in seconds, and 20261126 a date.
---@param number integer
---@return boolean
function instant.is_milliseconds(number)
  local month, day = number // 100 % 100, number % 100
  local is_date = number >= 19000101 and number <= 29991231 and month >= 1 and month <= 12 and day >= 1
    and day <= 31
  return not is_date and (number < 1000000000 or number >= 100000000000)
end

--- Read a moment: as parse does, as milliseconds, or as how long ago: "7d", "12h".
---@param text string
---@param now integer milliseconds
---@param zone string? as of parse
---@param ends boolean? as of parse
---@return integer? milliseconds nil when it is none of these
function instant.moment(text, now, zone, ends)
  local ago = instant.span(text)
  if ago then
    return now - ago * 1000
  elseif text:find("^%d+$") then
    local number = #text <= 15 and math.tointeger(text)
    return number and instant.is_milliseconds(number) and number or nil
  end
  return instant.parse(text, zone, ends)
end

return instant
