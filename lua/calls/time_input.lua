-- time_input.lua: times as people write them on a command line.
--
--   time_input.ahead("15:00", zone, now)    -> milliseconds: the next time clocks show it
--   time_input.back("7d", zone, now)        -> milliseconds: a span ago, or a date
--   time_input.shown(ms, zone)              -> "Thu 2026-11-26 15:00 America/Denver"
--
-- Both also take "2026-11-26", "2026-11-26 15:00" or "15:00:30", with a zone behind
-- it if wanted, and ISO 8601. What cannot be read gives nil and what would be right.

local instant = require("hookswitch.instant")
local tz = require("tz")
local zone_names = require("calls.zone_names")

local time_input = {}

local DAY = 24 * 3600
local UNITS = { s = 1, m = 60, h = 3600, d = DAY, w = 7 * DAY }
local WEEKDAYS = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" }
local LONGEST = 10 * 366 * DAY

--- "90m", "2h", "3d" in seconds.
local function span(text)
  local count, unit = text:match("^%+?(%d+)%s*([smhdw])$")
  local seconds = count and #count <= 9 and math.tointeger(tonumber(count)) * UNITS[unit]
  return seconds and seconds <= LONGEST and seconds or nil
end

--- "15:00", "3pm", "3:30pm" as hour and minute.
local function clock(text)
  local hour, minute, half = text:lower():match("^(%d%d?):?(%d?%d?)%s*([ap]?m?)$")
  if not hour or half == "" and minute == "" or #minute == 1 or #half == 1 then
    return nil
  end
  hour, minute = math.tointeger(tonumber(hour)), math.tointeger(tonumber(minute) or 0)
  if half ~= "" then
    if hour < 1 or hour > 12 then
      return nil
    end
    hour = hour % 12 + (half == "pm" and 12 or 0)
  end
  if hour > 23 or minute > 59 then
    return nil
  end
  return hour, minute
end

--- The next moment after `now` at which the clocks of a zone show a time.
local function next_clock(hour, minute, zone, now)
  -- In steps of half a day: one that the clocks change in may be shorter.
  for half = 0, 4 do
    local today = tz.local_time(zone, now // 1000 + half * DAY // 2)
    local at = tz.instant(zone, {
      year = today.year, month = today.month, day = today.day, hour = hour, min = minute,
    })
    if at and at * 1000 > now then
      return at * 1000
    end
  end
end

--- " 15:00:30 America/Denver" as its parts, without those that are not there.
local function parts_of(rest)
  local time, after = rest:match("^(%d%d:%d%d)(.*)$")
  local second, named = (after or ""):match("^:(%d%d)%s*(.*)$")
  return time, second or "00", named or (after or ""):match("^%s*(.*)$")
end

--- "2026-11-26 15:00 America/Denver" and the like.
local function written(text, zone)
  local date, rest = text:match("^(%d%d%d%d%-%d%d%-%d%d)[ T]?(.*)$")
  if not date then
    return nil
  end
  local time, second, named = parts_of(rest)
  if not time and rest ~= "" then
    return instant.parse(text)
  end
  if named ~= "" and not named:match("^%a[%w_+-]*/?[%w_/+-]*$") or named == "Z" then
    return instant.parse(text)
  end
  zone = named ~= "" and named or zone
  local known, message = zone_names.check(zone)
  if not known then
    return nil, message
  end
  local year, month, day = date:match("(%d+)%-(%d+)%-(%d+)")
  local hour, minute = (time or "00:00"):match("(%d+):(%d+)")
  local fields = {
    year = math.tointeger(year), month = math.tointeger(month), day = math.tointeger(day),
    hour = math.tointeger(hour), min = math.tointeger(minute), sec = math.tointeger(second),
  }
  if not instant.is_day(fields.year, fields.month, fields.day)
    or fields.hour > 23 or fields.min > 59 or fields.sec > 59 then
    return nil
  end
  local at = tz.instant(zone, fields)
  return at and at * 1000
end

local function unreadable(text, examples)
  return nil, ("can't read %q as a time; try %s"):format(text, examples), "malformed"
end

--- A moment to come.
---@param text string
---@param zone string IANA name
---@param now integer milliseconds
---@return integer? milliseconds
---@return string? message
---@return "malformed"? code
function time_input.ahead(text, zone, now)
  local hour, minute = clock(text)
  if hour then
    return next_clock(hour, minute, zone, now)
  end
  local seconds = span(text)
  if seconds then
    return now + seconds * 1000
  end
  local at, message = written(text, zone)
  if at then
    return at
  elseif message then
    return nil, message, "malformed"
  end
  return unreadable(text, '15:00, 2h or "2026-11-26 15:00"')
end

--- A moment that has been.
---@param text string
---@param zone string IANA name
---@param now integer milliseconds
---@return integer? milliseconds
---@return string? message
---@return "malformed"? code
function time_input.back(text, zone, now)
  local seconds = span(text)
  if seconds then
    return now - seconds * 1000
  end
  local at, message = written(text, zone)
  if at then
    return at
  elseif message then
    return nil, message, "malformed"
  end
  return unreadable(text, '7d, 24h or "2026-11-26 15:00"')
end

---@param at integer milliseconds
---@param zone string
---@return string
function time_input.shown(at, zone)
  local t = tz.local_time(zone, at // 1000)
  if not t then
    return os.date("!%Y-%m-%d %H:%M UTC", at // 1000)
  end
  return ("%s %04d-%02d-%02d %02d:%02d %s"):format(
    WEEKDAYS[t.weekday], t.year, t.month, t.day, t.hour, t.min, zone)
end

return time_input
