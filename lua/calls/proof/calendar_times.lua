-- calendar_times.lua: moments that matter to a file's hours and rotas.
--
--   calendar_times.add(calendar, week_of, at, add)   calls add(moment, few?) for each of them
--   calendar_times.knows(calendar)                   -> set of the covered texts, such as "08:00"
--
-- On the minute and just before it, for opening and closing; the first and the last day of each date in the
-- coming year; every turn of a rota, with its hand-over; and the next turns that a calendar gave.

local clock = require("calls.hours.clock")
local dates = require("calls.hours.dates")
local tz = require("tz")

local MOST_MOMENTS, MOST_TURNS = 1500, 60
local FEW = true -- of an `add`: the moment is one of the few (times.lua)
-- Days of a turn, and hours of a day, at which calls are made up.
local TURN_DAYS = { 0, 1, 4, 5, 6 }
local HOURS = { 3, 10, 15, 20 }
local TELLING = { [2] = true, [6] = true, [7] = true } -- weekdays on which rare callers call

local calendar_times = {}

local function moment(zone, number, minute)
  local day = dates.of_number(number)
  return (tz.instant(zone, {
    year = day.year, month = day.month, day = day.day, hour = minute // 60, min = minute % 60, sec = 0,
  }))
end

local function add_edges(entry, number, add, few)
  for _, minute in ipairs(entry.minutes) do
    local on_time = moment(entry.zone, number, minute)
    add(on_time, few)
    add(on_time - 60, few)
  end
end

local function number_of(ordinal)
  return dates.number(ordinal // 10000, ordinal // 100 % 100, ordinal % 100)
end

-- The current or next span of a date, as day numbers.
local function next_span(text, today)
  local spec = dates.read(text)
  for year = dates.of_number(today).year - 1, dates.of_number(today).year + 1 do
    local from, to = spec.span(year)
    if from and number_of(to) >= today then
      return number_of(from), number_of(to)
    end
  end
end

local function add_date(entry, text, today, add)
  local from, to = next_span(text, today)
  for _, number in ipairs(from and { from, to } or {}) do
    for _, hours in ipairs { 0, 12, 24 } do add(moment(entry.zone, number, hours * 60), hours == 12) end
    add(moment(entry.zone, number, 0) - 60)
    add_edges(entry, number, add)
  end
end

local function add_turns(entry, today, add)
  local turns = entry.turns
  local under_way = (today - turns.first) // turns.days
  for turn = under_way, under_way + math.min(turns.count, MOST_TURNS) do
    local first = turns.first + turn * turns.days
    add_edges(entry, first, add)
    for _, days in ipairs(TURN_DAYS) do
      for _, hour in ipairs(days < turns.days and HOURS or {}) do
        local at = moment(entry.zone, first + days, hour * 60)
        -- Before the hand-over it is still the previous turn.
        if hour * 60 < entry.minutes[1] then at = moment(entry.zone, first + days + 1, hour * 60) end
        add(at, days == 0 and hour == HOURS[1])
      end
    end
  end
end

local function add_moments(entry, at, add)
  local left = MOST_TURNS
  for _, each in ipairs(entry.moments) do
    if each >= at and left > 0 then
      add(each)
      add(each - 60, FEW)
      left = left - 1
    end
  end
end

---@param calendar Calendar[]
---@param week_of fun(zone: string): Day[] the week tried hour by hour
---@param at integer seconds since 1970: now
---@param add fun(moment: integer, few: boolean?)
function calendar_times.add(calendar, week_of, at, add)
  local left = MOST_MOMENTS
  local function counted(each, few)
    left = left - 1
    if left > 0 then add(each, few) end
  end
  for _, entry in ipairs(calendar) do
    local today = tz.local_time(entry.zone, at)
    local number = dates.number(today.year, today.month, today.day)
    if entry.turns then add_turns(entry, number, counted) end
    if entry.moments then add_moments(entry, at, counted) end
    for _, text in ipairs(entry.dates) do add_date(entry, text, number, counted) end
  end
  for _, entry in ipairs(calendar) do
    for _, day in ipairs(week_of(entry.zone)) do
      add_edges(entry, dates.number(day.year, day.month, day.day), counted, TELLING[day.weekday])
    end
  end
end

---@param calendar Calendar[]
---@return table<string, true>
function calendar_times.knows(calendar)
  local known = {}
  for _, entry in ipairs(calendar) do
    for _, minute in ipairs(entry.minutes) do known[clock.text(minute)] = true end
    for _, text in ipairs(entry.dates) do known[text] = true end
  end
  return known
end

return calendar_times
