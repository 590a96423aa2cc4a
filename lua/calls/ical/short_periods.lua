-- short_periods.lua: the hours, minutes or seconds of repetition rules that go by them.
--
--   short_periods.each(rule, start, from, to, own)   as recurrence.each
--
-- Periods are counted on the wall clock. What the rule leaves out is passed over: a day at once, an hour, a
-- minute.

local short_periods = {}

local DAY, HOUR, MINUTE = 86400, 3600, 60

--- Seconds of a period, by FREQ.
short_periods.LENGTH = { HOURLY = HOUR, MINUTELY = MINUTE, SECONDLY = 1 }

local function set_of(list)
  local set = {}
  for _, number in ipairs(list) do set[number] = true end
  return set
end

--- How to tell when what the rule keeps may begin next: a function of the wall time of a period to that of a
--- later one, or nil where the rule keeps it.
local function passes_of(rule, length, fits_day)
  local hours, minutes = rule.hours and set_of(rule.hours), rule.minutes and set_of(rule.minutes)
  local seconds = rule.seconds and set_of(rule.seconds)
  return function(wall)
    if not fits_day(wall // DAY) then
      return (wall // DAY + 1) * DAY
    elseif hours and not hours[wall // HOUR % 24] then
      return (wall // HOUR + 1) * HOUR
    elseif length < HOUR and minutes and not minutes[wall // MINUTE % 60] then
      return (wall // MINUTE + 1) * MINUTE
    elseif length < MINUTE and seconds and not seconds[wall % 60] then
      return wall + 1
    end
  end
end

--- The times of a period, in seconds since its beginning.
local function times_of(rule, start, length)
  local list = {}
  for _, minute in ipairs(length == HOUR and (rule.minutes or { start // MINUTE % 60 }) or { 0 }) do
    for _, second in ipairs(length > 1 and (rule.seconds or { start % 60 }) or { 0 }) do
      list[#list + 1] = minute * MINUTE + second
    end
  end
  return list
end

---@class ShortPeriodsOwn
---@field fits_day fun(number: integer): boolean
---@field kept fun(times: integer[]): integer[] those at the rule's positions
---@field spend fun(count: integer)
---@field visit fun(wall: integer): true?

---@param rule RecurrenceRule
---@param start integer wall time of DTSTART
---@param from integer wall time of interest
---@param to integer the last one
---@param own ShortPeriodsOwn
function short_periods.each(rule, start, from, to, own)
  local length = short_periods.LENGTH[rule.freq]
  local passes, all = passes_of(rule, length, own.fits_day), times_of(rule, start, length)
  local times = own.kept(all)
  local base, step, seen = start // length, 0, 0
  own.spend(#all)
  if not rule.count and from > start then
    step = math.max((from // length - base) // rule.interval - 1, 0)
  end
  while true do
    local wall = (base + step * rule.interval) * length
    if wall > to then
      return
    end
    local later = passes(wall)
    own.spend(1 + (later and 0 or #times))
    for _, time in ipairs(later and {} or times) do
      if wall + time >= start then
        seen = seen + 1
        if wall + time > to or own.visit(wall + time) or seen == rule.count then
          return
        end
      end
    end
    step = math.max(step + 1, later and -((base - later // length) // rule.interval) or 0)
  end
end

return short_periods
