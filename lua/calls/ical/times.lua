-- times.lua: dates, times and durations of an iCalendar file.
--
--   times.read(text)       -> { wall, is_date, is_utc }; nil when it isn't one
--   times.duration(text)   -> days, seconds; nil when it isn't one
--   times.offset(text)     -> seconds east of UTC of "-0700"; nil when it isn't one
--
-- A wall time is what clocks show, counted in seconds as if they showed UTC.

local dates = require("calls.hours.dates")

local times = {}

local DAY = 86400
local MOST_DAYS = 3660
local LONGEST = 60 -- bytes, so that patterns may look at them more than once

---@class CalendarTime
---@field wall integer
---@field is_date boolean a whole day
---@field is_utc boolean

---@param text string
---@return CalendarTime?
function times.read(text)
  if #text > LONGEST then
    return nil
  end
  local year, month, day, rest = text:match("^%s*(%d%d%d%d)(%d%d)(%d%d)(.-)%s*$")
  year, month, day = math.tointeger(year), math.tointeger(month), math.tointeger(day)
  if not year or year < 1 or not dates.exists(year, month, day) then
    return nil
  end
  local wall = dates.number(year, month, day) * DAY
  if rest == "" then
    return { wall = wall, is_date = true, is_utc = false }
  end
  local hour, minute, second, zone = rest:match("^[Tt](%d%d)(%d%d)(%d%d)([Zz]?)$")
  hour, minute, second = math.tointeger(hour), math.tointeger(minute), math.tointeger(second)
  if not hour or hour > 23 or minute > 59 or second > 60 then
    return nil
  end
  return { wall = wall + hour * 3600 + minute * 60 + math.min(second, 59), is_date = false,
    is_utc = zone ~= "" }
end

--- "P1DT12H" -> 1, 43200
---@param text string
---@return integer? days
---@return integer? seconds
function times.duration(text)
  if #text > LONGEST then
    return nil
  end
  local date, time = text:upper():match("^%s*%+?P([%dWD]*)T?([%dHMS]*)%s*$")
  if not date or date .. time == "" then
    return nil
  end
  local days, seconds = 0, 0
  local function add(part, pattern, scales)
    local rest = part:gsub("(%d+)(" .. pattern .. ")", function(count, unit)
      count = math.min(tonumber(count), MOST_DAYS * DAY)
      if unit == "W" or unit == "D" then
        days = days + math.tointeger(count) * scales[unit]
      else
        seconds = seconds + math.tointeger(count) * scales[unit]
      end
      return ""
    end)
    return rest == ""
  end
  if not add(date, "[WD]", { W = 7, D = 1 }) or not add(time, "[HMS]", { H = 3600, M = 60, S = 1 }) then
    return nil
  elseif days > MOST_DAYS or seconds > MOST_DAYS * DAY then
    return nil
  end
  return days, seconds
end

---@param text string
---@return integer?
function times.offset(text)
  local sign, hours, minutes, seconds = text:match("^%s*([+-])(%d%d)(%d%d)(%d?%d?)%s*$")
  if not sign or tonumber(hours) > 26 then
    return nil
  end
  local total = tonumber(hours) * 3600 + tonumber(minutes) * 60 + (tonumber(seconds) or 0)
  return math.tointeger(sign == "-" and -total or total)
end

return times
