-- recurrence.lua: repetition rules (RRULE of RFC 5545).
--
--   recurrence.each(rule, start, from, to, work, visit)   calls visit(wall) for each beginning, in order
--
-- The days of one period (a day, week, month or year) are gone through, and those kept that the rule names. A
-- rule that names no day costs as much as any other: the days looked at are counted, with the times and
-- positions that they are compared with, and raise recurrence.TOO_MUCH.

local dates = require("calls.hours.dates")
local short_periods = require("calls.ical.short_periods")

local recurrence = {}

recurrence.TOO_MUCH = "its rules take too long to work out"

local DAY = 86400
local PERIOD_WORK = 4 -- of a period, in days looked at

local function weekday_of(number)
  return (number + 3) % 7 + 1
end

--- What DTSTART says where the rule doesn't.
local function filled(rule, first)
  local full = setmetatable({}, { __index = rule })
  local any_weekday = rule.weekdays or rule.places
  if rule.freq == "WEEKLY" and not any_weekday then
    full.weekdays = { [first.weekday] = true }
  elseif rule.freq == "MONTHLY" and not any_weekday and not rule.month_days then
    full.month_days = { [first.day] = true }
  elseif rule.freq == "YEARLY" and not any_weekday and not rule.month_days and not rule.year_days then
    if rule.weeks then
      full.weekdays = { [first.weekday] = true }
    else
      full.month_days = { [first.day] = true }
      if not rule.months then full.months = { [first.month] = true } end
    end
  end
  return full
end

--- The times of a day, in seconds.
local function times_of(rule, start)
  local time, list = start % DAY, {}
  for _, hour in ipairs(rule.hours or { time // 3600 }) do
    for _, minute in ipairs(rule.minutes or { time // 60 % 60 }) do
      for _, second in ipairs(rule.seconds or { time % 60 }) do
        list[#list + 1] = hour * 3600 + minute * 60 + second
      end
    end
  end
  return list
end

-- ---- the days of a period ----

--- First and last day of a month, counted from January of year 0.
local function month_span(index)
  local function first(i) return dates.number(i // 12, i % 12 + 1, 1) end
  return first(index), first(index + 1) - 1
end

--- Is it the rule's n-th of that weekday between two days?
local function has_place(rule, number, from, to)
  if rule.weekdays and rule.weekdays[weekday_of(number)] then
    return true
  end
  local places = rule.places and rule.places[weekday_of(number)]
  return places and (places[(number - from) // 7 + 1] or places[-((to - number) // 7 + 1)]) or false
end

--- The days of the weeks that a rule numbers; a year's first week has four days of it.
local function week_test(rule, year)
  local function begins(of)
    local new_year = dates.number(of, 1, 1)
    local back = (weekday_of(new_year) - rule.wkst) % 7
    return back <= 3 and new_year - back or new_year - back + 7
  end
  local first, next_first = begins(year), begins(year + 1)
  local count = (next_first - first) // 7
  return function(number)
    if number < first or number >= next_first then
      return false
    end
    local week = (number - first) // 7 + 1
    return rule.weeks[week] or rule.weeks[week - count - 1] or false
  end
end

--- Adds the days of a month that the rule keeps.
local function add_month(days, rule, index, year_from, year_to, in_week)
  local from, to = month_span(index)
  local of_month = rule.freq == "MONTHLY" or rule.months
  for number = from, to do
    local day = number - from + 1
    local fits = (not rule.month_days or rule.month_days[day] or rule.month_days[number - to - 1])
      and (not rule.year_days or rule.year_days[number - year_from + 1]
        or rule.year_days[number - year_to - 1])
      and (not in_week or in_week(number))
      and (not (rule.weekdays or rule.places)
        or has_place(rule, number, of_month and from or year_from, of_month and to or year_to))
    if fits then days[#days + 1] = number end
  end
  return to - from + 1
end

local PERIODS = {}

--- Each has index(rule, day), first(period, rule), a period's first day, and days(rule, period): those that
--- the rule keeps, and how many were looked at.
PERIODS.DAILY = {
  index = function(_, number) return number end,
  days = function(rule, number)
    local day = (rule.months or rule.month_days) and dates.of_number(number)
    local fits = not rule.weekdays or rule.weekdays[weekday_of(number)]
    if fits and day then
      local from, to = month_span(day.year * 12 + day.month - 1)
      fits = (not rule.months or rule.months[day.month]) and (not rule.month_days
        or rule.month_days[number - from + 1] or rule.month_days[number - to - 1])
    end
    return fits and { number } or {}, 1
  end,
  first = function(number) return number end,
}

PERIODS.WEEKLY = {
  index = function(rule, number) return (number - rule.wkst + 4) // 7 end,
  first = function(index, rule) return index * 7 + rule.wkst - 4 end,
  days = function(rule, index)
    local list = {}
    for number = index * 7 + rule.wkst - 4, index * 7 + rule.wkst + 2 do
      if #PERIODS.DAILY.days(rule, number) > 0 then list[#list + 1] = number end
    end
    return list, 7
  end,
}

PERIODS.MONTHLY = {
  index = function(_, number)
    local day = dates.of_number(number)
    return day.year * 12 + day.month - 1
  end,
  first = function(index) return (month_span(index)) end,
  days = function(rule, index)
    local list = {}
    if rule.months and not rule.months[index % 12 + 1] then
      return list, 1
    end
    return list, add_month(list, rule, index, 0, 0)
  end,
}

PERIODS.YEARLY = {
  index = function(_, number) return dates.of_number(number).year end,
  first = function(year) return dates.number(year, 1, 1) end,
  days = function(rule, year)
    local list, looked = {}, 1
    local from, to = dates.number(year, 1, 1), dates.number(year, 12, 31)
    local in_week = rule.weeks and week_test(rule, year)
    -- The first week may begin in December, and the last one end in January.
    for index = year * 12 - (in_week and 1 or 0), year * 12 + 11 + (in_week and 1 or 0) do
      if not rule.months or rule.months[index % 12 + 1] then
        looked = looked + add_month(list, rule, index, from, to, in_week)
      end
    end
    return list, looked
  end,
}

--- Those at the rule's positions in a period, in order.
local function at_positions(rule, walls)
  if not rule.positions then
    return walls
  end
  local wanted, list = {}, {}
  for _, position in ipairs(rule.positions) do
    wanted[position > 0 and position or #walls + 1 + position] = true
  end
  for i, wall in ipairs(walls) do
    if wanted[i] then list[#list + 1] = wall end
  end
  return list
end

local function spend(work, days)
  work.left = work.left - days
  if work.left < 0 then error(recurrence.TOO_MUCH, 0) end
end

--- Every beginning by a rule, from DTSTART on. Without COUNT those long before `from` are passed over.
---@param rule RecurrenceRule
---@param start integer wall time of DTSTART
---@param from integer wall time of interest
---@param to integer the last one
---@param work { left: integer } days that may still be looked at
---@param visit fun(wall: integer): true? true: that was the last
function recurrence.each(rule, start, from, to, work, visit)
  if short_periods.LENGTH[rule.freq] then
    short_periods.each(rule, start, from, to, {
      fits_day = function(number) return #PERIODS.DAILY.days(rule, number) > 0 end,
      kept = function(list) return at_positions(rule, list) end,
      spend = function(count) spend(work, count) end,
      visit = visit,
    })
    return
  end
  local first_day = start // DAY
  local full, period = filled(rule, dates.of_number(first_day)), PERIODS[rule.freq]
  local times, seen = times_of(rule, start), 0
  local base, step, each_period = period.index(rule, first_day), 0, PERIOD_WORK + #(rule.positions or {})
  spend(work, #times)
  if not rule.count and from > start then
    step = math.max((period.index(rule, from // DAY) - base) // rule.interval - 1, 0)
  end
  while true do
    local index = base + step * rule.interval
    if period.first(index, rule) * DAY > to + 8 * DAY then
      return
    end
    local days, looked = period.days(full, index)
    spend(work, each_period + looked + #days * #times)
    local walls = {}
    for _, day in ipairs(days) do
      for _, time in ipairs(times) do walls[#walls + 1] = day * DAY + time end
    end
    for _, wall in ipairs(at_positions(full, walls)) do
      if wall >= start then
        seen = seen + 1
        if wall > to or visit(wall) or seen == rule.count then
          return
        end
      end
    end
    step = step + 1
  end
end

return recurrence
