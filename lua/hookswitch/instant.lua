-- hookswitch.instant: times in text, as milliseconds since 1970 UTC.

local tz = require("tz")

local instant = {}

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
  if zone == "" or zone == "Z" then
    return 0
  end
  local sign, hours, minutes = zone:match("^([+-])(%d%d):?(%d%d)$")
  if not sign then
    return nil
  end
  return (tonumber(hours) * 60 + tonumber(minutes)) * (sign == "-" and -60 or 60)
end

--- Read ISO 8601: a date, or a date and a time; UTC unless it says otherwise.
---@param text string
---@return integer? milliseconds nil when it is neither
---@return boolean? is_date it names a day as such
function instant.parse(text)
  local year, month, day, rest = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$")
  if not year or #text > 35 then
    return nil
  end
  local hour, minute, second, zone = rest:match("^[T ](%d%d):(%d%d):?(%d?%d?)%.?%d*(.*)$")
  if rest == "" then
    hour, minute, second, zone = "0", "0", "", ""
  end
  local offset = zone and offset_of(zone)
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  if not offset or not instant.is_day(year, month, day) or tonumber(hour) > 24 or tonumber(minute) > 59 then
    return nil
  end
  local at = instant.of(year, month, day, tonumber(hour), tonumber(minute), tonumber(second) or 0, offset)
  return at, rest == ""
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

--- Read a moment: as parse does, as milliseconds, or as how long ago: "7d", "12h".
---@param text string
---@param now integer milliseconds
---@return integer? milliseconds nil when it is none of these
function instant.moment(text, now)
  local ago = instant.span(text)
  if ago then
    return now - ago * 1000
  elseif text:find("^%d+$") then
    return #text <= 15 and math.tointeger(tonumber(text)) or nil
  end
  return instant.parse(text)
end

return instant
