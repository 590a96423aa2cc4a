-- hours.lua: opening hours by the wall clock of a place.
--
--   OFFICE = hours.new { zone = "America/Denver", ["mon-fri"] = "07:00-17:30", sat = "8am-1pm",
--                        ["12-24"] = "08:00-12:00", closed = { "12-25", "4th thu nov", "12-27..01-02" } }
--   OFFICE:open_at(call.at)       at: seconds since 1970
--   OFFICE:next_change(call.at)   when it opens or closes next, or nil
--   hours.date_at(OFFICE, at)     the date whose hours apply, and the holiday's name if it is one
--
-- A day has one or more ranges ("08:00-12:00, 13:00-17:00"), "24h" or "closed". A
-- date (dates.lua) has its own ranges instead of its weekday's, or none: `closed`.
-- If several apply to a day, a date with a year counts more than a yearly one, and a single day more than a
-- range. A range that ends before it begins runs past midnight; it belongs to the day it begins on, even if
-- the next day is closed. Times are wall-clock times, summer and winter.

local clock = require("calls.hours.clock")
local dates = require("calls.hours.dates")
local hours_reader = require("calls.hours.hours_reader")
local mistake = require("calls.mistake")
local tz = require("tz")
local zone_names = require("calls.zone_names")

local MIDNIGHT = 24 * 60
local MOST_KEPT = 64 -- days whose ranges are kept
local SEARCH_DAYS = 8 * 366 -- the next 29 February may be this far away

---@class Hours
local Hours = {}
local hours = {}

---@class HoursContent
---@field zone string
---@field days integer[][][] the ranges of each weekday
---@field dated { spec: DateSpec, key: string, ranges: integer[][], off: string? }[] those that count more
--- come first; off: the holiday's name
---@field nights boolean a range runs past midnight
---@field constant boolean never opens, or never closes
---@field kept table<integer, integer[][]> the ranges of days that were asked about
---@field kept_count integer
---@field asked integer|false
---@field answer boolean?

---@type table<Hours, HoursContent>
local content = setmetatable({}, { __mode = "k" })

setmetatable(Hours, { __index = mistake.without_fields("opening hours have no",
  "ask them, OFFICE:open_at(call.at)") })

local META = {
  __index = Hours,
  __newindex = function() mistake("opening hours cannot be changed") end,
  __metatable = "hours",
  __call = function() mistake("ask opening hours with OFFICE:open_at(call.at)") end,
}

--- What the proof needs to know about opening hours: their minutes and dates.
---@return Calendar
local function calendar_of(own)
  local minutes_of, list, texts = {}, {}, {}
  local function add(day_ranges)
    for _, each in ipairs(day_ranges) do
      minutes_of[each[1]], minutes_of[each[2] % MIDNIGHT] = true, true
    end
  end
  for _, day_ranges in ipairs(own.days) do add(day_ranges) end
  local off = false
  for _, entry in ipairs(own.dated) do
    add(entry.ranges)
    -- One holiday is like another.
    if not (entry.off and off) then texts[#texts + 1] = entry.spec.text end
    off = off or entry.off ~= nil
  end
  for minute in pairs(minutes_of) do list[#list + 1] = minute end
  table.sort(list)
  return { zone = own.zone, minutes = list, dates = texts }
end

local function add_shape(own)
  local open, shut = true, true
  local function add(day_ranges)
    for _, each in ipairs(day_ranges) do own.nights = own.nights or each[2] > MIDNIGHT end
    open = open and #day_ranges == 1 and day_ranges[1][1] == 0 and day_ranges[1][2] == MIDNIGHT
    shut = shut and #day_ranges == 0
  end
  for _, day_ranges in ipairs(own.days) do add(day_ranges) end
  for _, entry in ipairs(own.dated) do add(entry.ranges) end
  own.constant = open or shut
end

--- hours { zones = … }, which is told as an unknown day.
local function is_misspelt(spec)
  for key in pairs(spec) do
    if key ~= "zone" and mistake.nearest(key, { zone = true }) ~= "" then
      return true
    end
  end
  return false
end

-- What is read of the table, in this order.
local READS = {
  function(own, spec)
    local zone, message = zone_names.of(spec)
    if not zone and not is_misspelt(spec) then mistake("hours" .. message) end
    own.zone = zone
  end,
  function(own, spec) own.days, own.dated = hours_reader.read(spec) end,
}

---@param spec table
---@param off { date: string, name: string }[]? closed where the spec names nothing else: holidays
---@return Hours
---@return Calendar
function hours.new(spec, off)
  if type(spec) ~= "table" then mistake("hours needs a table: hours { zone = …, [\"mon-fri\"] = … }") end
  local self = setmetatable({}, META)
  local own = { nights = false, kept = {}, kept_count = 0, asked = false }
  mistake.each(READS, function(_, read) read(own, spec) end)
  for _, day in ipairs(off or {}) do
    own.dated[#own.dated + 1] = { spec = dates.read(day.date), key = day.date, ranges = {}, off = day.name }
  end
  add_shape(own)
  content[self] = own
  return self, calendar_of(own)
end

--- Is a wall-clock minute of this weekday within its ranges?
local function within(list, minute)
  for i = 1, #list do
    if minute >= list[i][1] and minute < list[i][2] then
      return true
    end
  end
  return false
end

local function mine(self, method)
  local own = content[self]
  if not own then mistake(("%s is a method of opening hours: OFFICE:%s(call.at)"):format(method, method)) end
  return own
end

local function dated_on(own, day)
  for _, entry in ipairs(own.dated) do
    if entry.spec.holds(day) then
      return entry
    end
  end
end

local function dated_ranges(own, day)
  local entry = dated_on(own, day)
  return entry and entry.ranges or own.days[day.weekday]
end

-- Which date a day falls on is the dear part, and a day is asked about again and again.
local function ranges_of(own, year, month, date, weekday)
  if #own.dated == 0 then
    return own.days[weekday]
  end
  local key = (year * 12 + month) * 31 + date
  local found = own.kept[key]
  if not found then
    if own.kept_count == MOST_KEPT then own.kept, own.kept_count = {}, 0 end
    found = dated_ranges(own, { year = year, month = month, day = date, weekday = weekday })
    own.kept[key], own.kept_count = found, own.kept_count + 1
  end
  return found
end

local function ranges_on(own, day)
  return ranges_of(own, day.year, day.month, day.day, day.weekday)
end

local function is_open(own, at)
  local year, month, date, hour, minute, weekday = tz.wall(own.zone, at)
  minute = hour * 60 + minute
  if within(ranges_of(own, year, month, date, weekday), minute) then
    return true
  elseif not own.nights then
    return false
  end
  -- A range of the day before may run past midnight into this one.
  local before = dates.before({ year = year, month = month, day = date, weekday = weekday })
  return within(ranges_on(own, before), minute + MIDNIGHT)
end

-- Many rules ask about the same call: keep the last answer.
local function open_at(own, at)
  if own.asked ~= at then
    own.answer = is_open(own, at)
    own.asked = at
  end
  return own.answer
end

---@param at integer seconds since 1970
---@return boolean
function Hours:open_at(at)
  local own = content[self]
  if own and own.asked == at then
    return own.answer
  end
  return open_at(mine(self, "open_at"), clock.seconds(at, "open_at"))
end

--- The date whose hours apply at a moment; nil on an ordinary weekday.
---@param self Hours
---@param at integer seconds since 1970
---@return string? date as it was written
---@return string? holiday its name, if it is closed as one
function hours.date_at(self, at)
  local own = mine(self, "date_at")
  local now = tz.local_time(own.zone, at)
  local day, minute = dates.day_of(now), now.hour * 60 + now.min
  local before = dates.before(day)
  -- A range of the day before may run past midnight into this one.
  if not within(ranges_on(own, day), minute) and within(ranges_on(own, before), minute + MIDNIGHT) then
    day = before
  end
  local entry = dated_on(own, day)
  if entry then
    return entry.spec.text, entry.off
  end
end

local function instant_of(own, day, minute)
  return (tz.instant(own.zone, {
    year = day.year, month = day.month, day = day.day, hour = minute // 60, min = minute % 60, sec = 0,
  }))
end

--- The instants of a local day at which it may open or close, in order.
local function candidates(own, day)
  local start, over = instant_of(own, day, 0), instant_of(own, dates.after(day), 0)
  local list = { start }
  -- When the clocks change, a wall time may come twice, or never.
  local change = tz.next_change(own.zone, start - 1)
  local again = 0
  if change and change < over then
    again = tz.local_time(own.zone, change - 1).offset - tz.local_time(own.zone, change).offset
    list[2] = change
  end
  local function add(minute)
    local at = instant_of(own, day, minute)
    list[#list + 1] = at
    if again > 0 and at + again < over then list[#list + 1] = at + again end
  end
  for _, each in ipairs(ranges_on(own, day)) do
    add(each[1])
    if each[2] < MIDNIGHT then add(each[2]) end
  end
  for _, each in ipairs(own.nights and ranges_on(own, dates.before(day)) or {}) do
    if each[2] > MIDNIGHT then add(each[2] - MIDNIGHT) end
  end
  table.sort(list)
  return list
end

---@param at integer seconds since 1970
---@return integer? at when it next opens or closes; nil: never
function Hours:next_change(at)
  local own = mine(self, "next_change")
  at = clock.seconds(at, "next_change")
  local open_now = open_at(own, at)
  local day = dates.day_of(tz.local_time(own.zone, at))
  for _ = 1, own.constant and 0 or SEARCH_DAYS do
    for _, instant in ipairs(candidates(own, day)) do
      if instant > at and open_at(own, instant) ~= open_now then
        return instant
      end
    end
    day = dates.after(day)
  end
end

return hours
