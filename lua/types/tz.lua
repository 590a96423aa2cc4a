---@meta
-- types/tz.lua: time zones by their IANA names, from the system's tzdata, and the days of the calendar.
local tz = {}

---@class LocalTime
---@field year integer
---@field month integer 1 to 12
---@field day integer
---@field hour integer
---@field min integer
---@field sec integer
---@field weekday integer 1 Monday to 7 Sunday
---@field offset integer seconds east of UTC
---@field dst boolean
---@field abbr string

---What the clocks of a zone show.
---@param zone string "America/Denver"
---@param epoch integer seconds since 1970
---@return LocalTime? time
---@return string? message
---@return "unknown_zone"? code
---@nodiscard
function tz.local_time(zone, epoch) end

---The same in numbers, without a table. For code that asks thousands of times.
---@param zone string "America/Denver"
---@param epoch integer seconds since 1970
---@return integer? year
---@return integer|string month or the message
---@return integer|"unknown_zone" day or the code
---@return integer? hour
---@return integer? minute
---@return integer? weekday 1 Monday to 7 Sunday
---@nodiscard
function tz.wall(zone, epoch) end

---When the clocks of a zone show a time. In a gap the later wall time is used,
---in an overlap the first one.
---@param zone string
---@param time { year: integer, month: integer, day: integer, hour: integer?, min: integer?, sec: integer? }
---@return integer? epoch seconds since 1970
---@return "normal"|"gap"|"overlap"|string kind or the message
---@return "unknown_zone"? code
---@nodiscard
function tz.instant(zone, time) end

---@param zone string
---@param epoch integer
---@return integer? epoch when the zone's offset changes next; nil when it never does
---@return string? message
---@return "unknown_zone"? code
---@nodiscard
function tz.next_change(zone, epoch) end

---@param zone string
---@return true? exists
---@return string? message names the zone that was meant
---@return "unknown_zone"? code
---@nodiscard
function tz.exists(zone) end

---The IANA name of a time zone of Windows, as Outlook writes it, by Unicode CLDR.
---@param name string "W. Europe Standard Time"
---@return string? zone "Europe/Berlin"; nil when Windows has no such zone
---@nodiscard
function tz.of_windows(name) end

---The days from 1970-01-01 to a date. A month or day past its end carries over.
---@param year integer
---@param month integer
---@param day integer
---@return integer
---@nodiscard
function tz.day_number(year, month, day) end

---The date of a day that day_number counts.
---@param number integer days since 1970-01-01
---@return integer year
---@return integer month
---@return integer day
---@nodiscard
function tz.date(number) end

return tz
