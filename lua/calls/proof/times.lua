-- times.lua: the moments at which the proof makes up calls.
--
--   proof_times.of(source, zone, at, calendar, turns?)   -> ProofTimes
--
-- Every hour of a week; moments that matter to the file's hours and rotas (calendar_times.lua); the minutes
-- around each other time of day and date in the file; the nights when its clocks change; a day of each month,
-- and, if a rule reads the clock itself, every day of one month and every quarter of an hour. All in the
-- zones named in the file, or else in the configuration's.

local calendar_times = require("calls.proof.calendar_times")
local dates = require("calls.hours.dates")
local tz = require("tz")

local MOST_ZONES, MOST_TIMES, MOST_DATES = 4, 16, 40
local HOUR, DAY = 3600, 86400
local MONTH_DAYS = 31
local TURNS = 26 -- weeks
local MOST_FEW = 60
local FEW = true -- of an `add`: the moment is one of the few
local AROUND_CHANGE = { -HOUR, -1, 0, HOUR // 2, HOUR }
-- The hours of the few moments: night, morning, afternoon, evening.
local FEW_HOURS = { [3] = true, [10] = true, [15] = true, [20] = true }
local FEW_DAYS = { [2] = true, [6] = true, [7] = true }
local WEEKDAYS = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" }

---@class ProofTimes
---@field zone string for showing them
---@field stages integer[][] seconds since 1970: the two most telling moments, of which the first is an
---ordinary one; a few more; all others

local proof_times = {}

-- Up to `most` different matches of `pattern` in the file, except known ones.
local function literals(source, pattern, most, known)
  local list, seen = {}, setmetatable({}, { __index = known })
  for text in source:gmatch(pattern) do
    if not seen[text] and #list < most then
      seen[text], list[#list + 1] = true, text
    end
  end
  return list
end

---@param source string
---@param zone string the configuration's
---@return string[] at least one
function proof_times.zones(source, zone)
  local found = {}
  for _, name in ipairs(literals(source, "[\"'](%u[%a_]+/[%w_/+-]+)[\"']", MOST_ZONES)) do
    if tz.exists(name) then found[#found + 1] = name end
  end
  found[1] = found[1] or zone
  return found
end

local function adder(times)
  local seen = {}
  return function(at, few)
    if at and not seen[at] then
      seen[at] = true
      local stage = times.stages[few and #times.stages[2] < MOST_FEW and 2 or 3]
      stage[#stage + 1] = at
    end
  end, function(at)
    seen[at] = true
    table.insert(times.stages[1], at)
  end
end

local function moment(zone, day, hour, minute)
  return (tz.instant(zone, {
    year = day.year, month = day.month, day = day.day, hour = hour, min = minute or 0, sec = 0,
  }))
end

-- Monday to Sunday of the week after `at`.
local function next_week(zone, at)
  local day, week = dates.after(dates.day_of(tz.local_time(zone, at))), {}
  while day.weekday ~= 1 do day = dates.after(day) end
  for position = 1, 7 do
    week[position], day = day, dates.after(day)
  end
  return week
end

local function add_week(zone, week, add, add_first)
  add_first(moment(zone, week[1], 12))
  add_first(moment(zone, week[7], 3))
  for _, day in ipairs(week) do
    for hour = 0, 23 do add(moment(zone, day, hour), FEW_DAYS[day.weekday] and FEW_HOURS[hour]) end
  end
end

-- On the minute and just before it, for opening and closing.
local function add_boundaries(zone, week, source, known, add)
  for _, text in ipairs(literals(source, "%f[%d](%d%d?:%d%d)%f[^%d:]", MOST_TIMES, known)) do
    local hour, minute = text:match("(%d+):(%d+)")
    hour, minute = math.tointeger(hour), math.tointeger(minute)
    if hour < 24 and minute < 60 then
      for _, day in ipairs(week) do
        local on_time, few = moment(zone, day, hour, minute), FEW_DAYS[day.weekday]
        add(on_time, few)
        add(on_time - 60)
      end
    end
  end
end

local function add_changes(zone, at, add)
  local change = tz.next_change(zone, at)
  for _ = 1, 2 do
    for _, seconds in ipairs(change and AROUND_CHANGE or {}) do add(change + seconds, FEW) end
    change = change and tz.next_change(zone, change)
  end
end

-- Dates as hours{} has them: "2026-07-03", and "12-25" of the year to come.
local function add_dates(zone, at, source, known, add)
  local year = tz.local_time(zone, at).year
  for _, text in ipairs(literals(source, "%f[%d-](%d[%d-]*%d)%f[^%d-]", MOST_DATES, known)) do
    local y, month, day = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)$")
    if not y then month, day = text:match("^(%d%d)%-(%d%d)$") end
    local date = month and { year = math.tointeger(y or year), month = math.tointeger(month),
      day = math.tointeger(day) }
    if date and date.month >= 1 and date.month <= 12 and date.day >= 1 and date.day <= 31 then
      local midnight = moment(zone, date, 0)
      for _, hours in ipairs { 0, 12, 24 } do add(midnight + hours * HOUR, hours == 12) end
      add(midnight - 60)
    end
  end
end

-- Every week of half a year, for people who take weekly turns.
local function add_turns(zone, week, add)
  local monday = moment(zone, week[1], 12)
  for weeks = 1, TURNS do add(monday + weeks * 7 * DAY, FEW) end
end

local function add_months(zone, at, add)
  local now = tz.local_time(zone, at)
  for months = 0, 11 do
    local month = (now.month - 1 + months) % 12 + 1
    local year = now.year + (now.month - 1 + months) // 12
    add(moment(zone, { year = year, month = month, day = 15 }, 12))
  end
end

-- A rule that reads call.time may distinguish any day of a month and any quarter of an hour.
local function add_clock(zone, at, source, add)
  if not source:find("[.:]time%f[^%w]") and not source:find(":time_in", 1, true) then
    return
  end
  local day = dates.day_of(tz.local_time(zone, at))
  for _ = 1, MONTH_DAYS do
    day = dates.after(day)
    add(moment(zone, day, 12))
  end
  for quarter = 0, 95 do add(moment(zone, day, quarter // 4, quarter % 4 * 15)) end
  for _ = 1, 366 do
    day = dates.after(day)
    if day.day == 1 then
      local first = moment(zone, day, 0)
      add(first)
      add(first - 60)
    end
  end
end

---@param source string the text of the rule file
---@param zone string the configuration's time zone
---@param at integer seconds since 1970: now
---@param calendar Calendar[]? of the file's hours and rotas
---@param turns boolean? do people take turns in it?
---@return ProofTimes
function proof_times.of(source, zone, at, calendar, turns)
  calendar = calendar or {}
  local zones = proof_times.zones(source, zone)
  local times = { zone = zones[1], stages = { {}, {}, {} } }
  local add, add_first = adder(times)
  local known = calendar_times.knows(calendar)
  local weeks = setmetatable({}, { __index = function(made, name)
    made[name] = next_week(name, at)
    return made[name]
  end })
  add_week(zones[1], weeks[zones[1]], add, add_first)
  for _, name in ipairs(zones) do
    add_boundaries(name, weeks[name], source, known, add)
    add_changes(name, at, add)
  end
  calendar_times.add(calendar, function(name) return weeks[name] end, at - DAY, add)
  add_dates(zones[1], at - DAY, source, known, add)
  add_clock(zones[1], at, source, add)
  if turns then add_turns(zones[1], weeks[zones[1]], add) end
  add_months(zones[1], at, add)
  return times
end

--- "Sunday 03:00 (2026-11-29, America/Denver)"
---@param zone string
---@param at integer
---@return string
function proof_times.words(zone, at)
  local t = tz.local_time(zone, at)
  return ("%s %02d:%02d (%04d-%02d-%02d, %s)"):format(WEEKDAYS[t.weekday], t.hour, t.min, t.year, t.month,
    t.day, zone)
end

return proof_times
