-- clock.lua: what the clocks of a place show: `call.time` and call:time_in("Europe/Berlin").
--
--   clock.at(zone, at)        -> ClockTime, read-only
--   clock.fields(zone)        -> `call`'s time and time_in, as functions of the call;
--                             numbers without a zone use `zone`
--   clock.minutes("8:30am")   510: minutes since midnight, up to 1440 for "24:00"; or nil
--   clock.text(510)           "08:30"
--   clock.seconds(at, method) `at` as an integer, or a mistake

local freeze = require("calls.freeze")
local mistake = require("calls.mistake")
local tz = require("tz")
local zone_names = require("calls.zone_names")

local clock = {}

local WEEKDAYS = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" }

---@class ClockTime what a wall clock and a calendar show
---@field weekday "mon"|"tue"|"wed"|"thu"|"fri"|"sat"|"sun"
---@field date string "2026-11-26"
---@field year integer
---@field month integer
---@field day integer
---@field hour integer 0 to 23
---@field minute integer
---@field clock string "09:30"
---@field zone string IANA name

local function refuse_change()
  mistake("the time of a call cannot be changed")
end

local function refuse_field(fields)
  return function(_, key)
    mistake(("a time has no field %s%s: it has weekday, date, year, month, day, hour, minute, clock, zone")
      :format(mistake.show(key), mistake.nearest(key, fields)))
  end
end

---@param zone string that exists
---@param at integer seconds since 1970
---@return ClockTime
function clock.at(zone, at)
  local now = tz.local_time(zone, at)
  local fields = {
    weekday = WEEKDAYS[now.weekday], date = ("%04d-%02d-%02d"):format(now.year, now.month, now.day),
    year = now.year, month = now.month, day = now.day, hour = now.hour, minute = now.min,
    clock = ("%02d:%02d"):format(now.hour, now.min), zone = zone,
  }
  return setmetatable({}, {
    __index = setmetatable(fields, { __index = refuse_field(fields) }), __newindex = refuse_change,
    __pairs = function(time) return freeze.stepper(fields), time, nil end, __metatable = "time",
  })
end

---@param default string? the configuration's zone
---@return table<string, fun(call: Call): any>
function clock.fields(default)
  --- The time of the call as clocks in another zone show it.
  local function time_in(call, zone)
    if type(call) ~= "table" then
      mistake('time_in needs a colon: call:time_in("Europe/Berlin")')
    elseif type(zone) ~= "string" then
      mistake(("call:time_in needs a zone such as \"Europe/Berlin\", not %s"):format(mistake.show(zone)))
    end
    local ok, message = zone_names.check(zone)
    if not ok then mistake("call:time_in: " .. message) end
    return clock.at(zone, call.at)
  end
  return {
    time = function(call)
      local zone = call.number and call.number.timezone
      return clock.at(tz.exists(zone or "") and zone or default or "UTC", call.at)
    end,
    time_in = function() return time_in end,
  }
end

--- "08:30", "8:30 am", "5pm", "24:00" as minutes since midnight.
---@param text string
---@return integer? minutes
function clock.minutes(text)
  local hour, minute = text:match("^(%d%d?):(%d%d)$")
  local half
  if not hour then hour, minute, half = text:lower():match("^(%d%d?):?(%d*)%s*([ap])%.?m%.?$") end
  if not hour or half and #minute ~= 0 and #minute ~= 2 then
    return nil
  end
  hour, minute = math.tointeger(tonumber(hour)), math.tointeger(tonumber(minute) or 0)
  if half and (hour < 1 or hour > 12) then
    return nil
  elseif half then
    hour = hour % 12 + (half == "p" and 12 or 0)
  end
  if minute > 59 or hour > 24 or hour == 24 and minute > 0 then
    return nil
  end
  return hour * 60 + minute
end

---@param minutes integer since midnight
---@return string
function clock.text(minutes)
  return ("%02d:%02d"):format(minutes // 60, minutes % 60)
end

---@param at any
---@param method string for messages
---@return integer seconds since 1970
function clock.seconds(at, method)
  local seconds = math.tointeger(at)
  if not seconds then
    mistake(("%s needs a time in seconds, such as call.at, not %s"):format(method, mistake.show(at)))
  elseif seconds > 1e11 or seconds < -1e11 then
    mistake(("%s needs seconds, and %d looks like milliseconds"):format(method, seconds))
  end
  return seconds
end

return clock
