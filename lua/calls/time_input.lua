-- time_input.lua: times as people write them on a command line.
--
--   time_input.ahead("15:00", zone, now)    -> milliseconds: the next time clocks show it
--   time_input.back("7d", zone, now)        -> milliseconds: a span ago, or a date
--   time_input.shown(ms, zone)              -> "Thu 2026-11-26 15:00 America/Denver"
--
-- Both also take "2026-11-26" and "2026-11-26 15:00" or "15:00:30", optionally with a zone after it, and ISO
-- 8601. A text they can't read gives nil and what to write instead.

local clock = require("calls.hours.clock")
local instant = require("hookswitch.instant")
local time_words = require("calls.time_words")
local tz = require("tz")
local zone_names = require("calls.zone_names")

local time_input = {}

local HALF_DAY = 12 * 3600
local LONGEST = 10 * 366 * 24 * 3600

--- "90m", "+2h", "3d" in seconds.
local function span(text)
  local seconds = instant.span((text:gsub("^%+", "")))
  return seconds and seconds <= LONGEST and seconds or nil
end

--- "15:00", "1500", "3pm", "3:30pm" as minutes since midnight.
local function minutes_of(text)
  local minutes = clock.minutes((text:gsub("^(%d%d)(%d%d)$", "%1:%2")))
  return minutes and minutes < 1440 and minutes or nil
end

--- The next moment after `now` at which the clocks of a zone show a time.
local function next_clock(minutes, zone, now)
  -- In steps of half a day, since a day on which the clocks change may be shorter.
  for half = 0, 4 do
    local today = tz.local_time(zone, now // 1000 + half * HALF_DAY)
    local at = tz.instant(zone, {
      year = today.year, month = today.month, day = today.day, hour = minutes // 60, min = minutes % 60,
    })
    if at and at * 1000 > now then
      return at * 1000
    end
  end
end

--- " 15:00:30 America/Denver" as its parts; the time and the zone may be missing.
local function parts_of(rest)
  local time, after = rest:match("^(%d%d:%d%d)(.*)$")
  local second, named = (after or ""):match("^:(%d%d)%s*(.*)$")
  return time, second or "00", named or (after or ""):match("^%s*(.*)$")
end

--- "2026-11-26", "2026-11-26 15:00 America/Denver" or ISO 8601.
---@param text string
---@param zone string IANA name, of a time without one
---@param ends boolean? a date stands for the end of its day
---@return integer? milliseconds
---@return string? message when the zone in the text is unknown
---@return "normal"|"gap"|"overlap"|nil kind of a time without an offset: clocks skip it, or show it twice
---@return string? zone of such a time
function time_input.written(text, zone, ends)
  local date, rest = text:match("^(%d%d%d%d%-%d%d%-%d%d)[ T]?(.*)$")
  if not date then
    return nil
  end
  local time, second, named = parts_of(rest)
  if not time and rest ~= "" then
    return nil
  end
  if named ~= "" and not named:match("^%a[%w_+-]*/?[%w_/+-]*$") or named == "Z" then
    local zoned = named:match("^[Z+-]") or named:match("^%.%d+[Z+-]")
    return zoned and instant.parse(text) or nil
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
  if ends and not time then
    fields.year, fields.month, fields.day = tz.date(tz.day_number(fields.year, fields.month, fields.day) + 1)
  end
  local at, kind = tz.instant(zone, fields)
  return at and at * 1000, nil, kind, zone
end

local function date_of(text, zone, examples, ends)
  local at, message = time_input.written(text, zone, ends)
  if at then
    return at
  end
  return nil, message or ("can't read %q as a time; try %s"):format(text, examples), "malformed"
end

--- A moment to come.
---@param text string
---@param zone string IANA name
---@param now integer milliseconds
---@param ends boolean? as of written
---@return integer? milliseconds
---@return string? message
---@return "malformed"? code
function time_input.ahead(text, zone, now, ends)
  local minutes = minutes_of(text)
  if minutes then
    return next_clock(minutes, zone, now)
  end
  local seconds = span(text)
  if seconds then
    return now + seconds * 1000
  end
  return date_of(text, zone, '15:00, 2h or "2026-11-26 15:00"', ends)
end

--- A moment in the past.
---@param text string
---@param zone string IANA name
---@param now integer milliseconds
---@param ends boolean? as of written
---@return integer? milliseconds
---@return string? message
---@return "malformed"? code
function time_input.back(text, zone, now, ends)
  local seconds = span(text)
  if seconds then
    return now - seconds * 1000
  end
  return date_of(text, zone, '7d, 24h or "2026-11-26 15:00"', ends)
end

---@param at integer milliseconds
---@param zone string
---@return string
function time_input.shown(at, zone)
  if not tz.exists(zone) then zone = "UTC" end
  return ("%s %s"):format(time_words.stamp(zone, at // 1000):sub(1, -4), zone)
end

return time_input
