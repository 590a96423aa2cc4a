-- time_words.lua: moments in words, as the clocks of a zone show them.
--
--   time_words.day(zone, epoch)      "Mon 23 Nov"
--   time_words.clock(zone, epoch)    "09:12"; time_words.second(zone, epoch) "09:12:04"
--   time_words.stamp(zone, epoch)    "Mon 2026-11-23 09:12:04"
--   time_words.date_and_time(zone, epoch)   "2026-11-23 09:12"

local tz = require("tz")

local time_words = {}

local DAYS = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" }
local MONTHS = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }

-- A zone that is not known any more (a number's, from another machine) shows UTC.
local function clock_of(zone, epoch)
  return tz.local_time(zone, epoch) or tz.local_time("UTC", epoch)
end

---@param zone string
---@param epoch integer seconds
---@return string
function time_words.day(zone, epoch)
  local t = clock_of(zone, epoch)
  return ("%s %d %s"):format(DAYS[t.weekday], t.day, MONTHS[t.month])
end

---@param zone string
---@param epoch integer seconds
---@return string
function time_words.clock(zone, epoch)
  local t = clock_of(zone, epoch)
  return ("%02d:%02d"):format(t.hour, t.min)
end

---@param zone string
---@param epoch integer seconds
---@return string
function time_words.second(zone, epoch)
  return ("%s:%02d"):format(time_words.clock(zone, epoch), clock_of(zone, epoch).sec)
end

---@param zone string
---@param epoch integer seconds
---@return string
function time_words.stamp(zone, epoch)
  local t = clock_of(zone, epoch)
  local clock = time_words.second(zone, epoch)
  return ("%s %04d-%02d-%02d %s"):format(DAYS[t.weekday], t.year, t.month, t.day, clock)
end

---@param zone string
---@param epoch integer seconds
---@return string
function time_words.date_and_time(zone, epoch)
  local t = clock_of(zone, epoch)
  return ("%04d-%02d-%02d %02d:%02d"):format(t.year, t.month, t.day, t.hour, t.min)
end

return time_words
