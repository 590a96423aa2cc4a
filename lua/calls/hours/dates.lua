-- dates.lua: days of the calendar, without clocks and zones.
--
--   dates.read("12-24..01-02")           -> DateSpec, or nil and the problem
--   spec.holds(day)                      is the day one of them?
--   dates.sort(list)                     entries with a spec: those that count more come first
--   dates.conflict(spec, other)          a day on which it is unclear which counts, or nil
--   dates.before(day), dates.after(day)  the neighbours
--   dates.day_of(local_time)             { year, month, day, weekday }
--   dates.number(year, month, day)       days since 1970-01-01; dates.of_number(n) the day
--   dates.weekday("Thursday")            4; nil if it isn't a weekday
--
-- A date is "12-25" (every year), "2026-07-03", "4th thu nov", "last mon may" or
-- "easter"; the last two kinds may be moved by days: "easter-2". "mon before 05-25" is the
-- weekday next to a date, and "07-04 if sun then next mon" the day that stands in for
-- one, in the years in which it falls so. Two of them with ".." between are a range.

local tz = require("tz")

local dates = {}

---@class Day
---@field year integer
---@field month integer
---@field day integer
---@field weekday integer 1 Monday … 7 Sunday

---@class DateSpec
---@field text string as it was written
---@field rank integer a day beats a range, a date with a year beats a yearly one: 1 to 4
---@field holds fun(day: Day): boolean
---@field span fun(year: integer): integer?, integer? first and last day of the one
--- that begins in a year, as year * 10000 + month * 100 + day; nil: none

local WEEKDAYS = {
  mon = 1, tue = 2, wed = 3, thu = 4, fri = 5, sat = 6, sun = 7,
  monday = 1, tuesday = 2, wednesday = 3, thursday = 4, friday = 5, saturday = 6, sunday = 7,
  tues = 2, weds = 3, thur = 4, thurs = 4,
}
local MONTHS = {
  jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6, jul = 7, aug = 8, sep = 9, oct = 10, nov = 11,
  dec = 12, january = 1, february = 2, march = 3, april = 4, june = 6, july = 7, august = 8, september = 9,
  sept = 9, october = 10, november = 11, december = 12,
}
local PLACES = {
  ["1st"] = 1, ["2nd"] = 2, ["3rd"] = 3, ["4th"] = 4, ["5th"] = 5, first = 1, second = 2, third = 3,
  fourth = 4, fifth = 5, last = 0,
}
local MOST_DAYS = 366 -- a date may be moved by at most
local YEARS = { 2020, 2059 } -- years in which dates are compared
local HOW = '12-25, 2026-07-03, "4th thu nov", "easter-2" or 12-24..01-02'

local function length(year, month)
  return tz.day_number(year, month + 1, 1) - tz.day_number(year, month, 1)
end

--- Days since 1970-01-01. A month or day past its end carries over.
dates.number = tz.day_number

---@param number integer days since 1970-01-01
---@return Day
function dates.of_number(number)
  local year, month, day = tz.date(number)
  return { year = year, month = month, day = day, weekday = (number + 3) % 7 + 1 }
end

---@param time table with year, month, day, weekday
---@return Day
function dates.day_of(time)
  return { year = time.year, month = time.month, day = time.day, weekday = time.weekday }
end

---@param day Day
---@return Day
function dates.before(day)
  return dates.of_number(dates.number(day.year, day.month, day.day) - 1)
end

---@param day Day
---@return Day
function dates.after(day)
  return dates.of_number(dates.number(day.year, day.month, day.day) + 1)
end

---@param word string
---@return integer? 1 Monday … 7 Sunday
function dates.weekday(word)
  return WEEKDAYS[word:lower()]
end

--- Does the day exist, in this year or, without one, in any?
---@return boolean
function dates.exists(year, month, day)
  return month >= 1 and month <= 12 and day >= 1 and day <= length(year or 2000, month)
end

local function ordinal(year, month, day)
  return year * 10000 + month * 100 + day
end

local function ordinal_of(number)
  local day = dates.of_number(number)
  return ordinal(day.year, day.month, day.day)
end

--- Easter Sunday of the western churches, as a number of days since 1970.
local function easter(year)
  local golden, century = year % 19, year // 100
  local moon = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
  moon = moon - moon // 28 * (1 - 29 // (moon + 1) * ((21 - golden) // 11))
  local weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
  return dates.number(year, 3, 28) + moon - weekday
end

--- The n-th such weekday of a month, 0 for the last; nil if the month has none.
local function nth(place, weekday, month)
  return function(year)
    local days = length(year, month)
    local first = dates.number(year, month, 1)
    local day = (weekday - 1 - (first + 3) % 7) % 7 + 1
    day = day + 7 * (place == 0 and (days - day) // 7 or place - 1)
    return day <= days and first + day - 1 or nil
  end
end

--- The next such weekday behind a day, or the last one before it.
local function weekday_beside(number, way, weekday)
  local today = (number + 3) % 7 + 1
  if way == "next" or way == "after" then
    return number + (weekday - today - 1) % 7 + 1
  end
  return number - (today - weekday - 1) % 7 - 1
end

local BESIDE = { before = true, after = true, next = true, previous = true }

--- "12-25", every year: a function of the year to a number of days.
local function yearly(text)
  local month, day = text:match("^(%d%d)-(%d%d)$")
  month, day = math.tointeger(tonumber(month)), math.tointeger(tonumber(day))
  if month and dates.exists(2001, month, day) then
    return function(year) return dates.number(year, month, day) end
  end
end

--- "mon before 05-25"
local function next_to(text)
  local weekday, way, date = text:match("^(%a+) (%a+) (%d%d%-%d%d)$")
  local find = date and yearly(date)
  if find and WEEKDAYS[weekday] and (way == "before" or way == "after") then
    return function(year) return weekday_beside(find(year), way, WEEKDAYS[weekday]) end
  end
end

--- What a word of a calendar names: a function of the year to a number of days.
local function movable(text)
  if text == "easter" then
    return easter
  end
  local found = next_to(text)
  if found then
    return found
  end
  local place, weekday, month = text:gsub(" of ", " "):gsub(" in ", " "):match("^(%S+) (%a+) (%a+)$")
  if place and PLACES[place] and WEEKDAYS[weekday] and MONTHS[month] then
    return nth(PLACES[place], WEEKDAYS[weekday], MONTHS[month])
  end
end

--- "07-04 if sun then next mon": nothing in a year in which the day falls otherwise.
local function stand_in(text)
  local base, days, way, weekday = text:match("^(.-) if ([%a,]+) then (%a+) (%a+)$")
  local find = base and (yearly(base) or movable(base))
  if not find or not BESIDE[way] or not WEEKDAYS[weekday] then
    return nil
  end
  local named = {}
  for day in days:gmatch("%a+") do
    if not WEEKDAYS[day] then
      return nil
    end
    named[WEEKDAYS[day]] = true
  end
  return function(year)
    local number = find(year)
    return number and named[(number + 3) % 7 + 1] and weekday_beside(number, way, WEEKDAYS[weekday]) or nil
  end
end

--- "12/25", "25.12.", "25 dec", "Dec 25", "25-12": month and day, when only one reading is a date.
local function meant_date(text)
  local one, other = text:match("^(%d%d?)[-/. ]+(%d%d?)%.?$")
  local day, name = text:match("^(%d%d?)%.? (%a+)$")
  if not day then name, day = text:match("^(%a+) (%d%d?)%a*$") end
  local month = name and MONTHS[name:sub(1, 3)]
  one, other, day = math.tointeger(one), math.tointeger(other), math.tointeger(day)
  if one and (text:find(".", 1, true) or one > 12) then
    month, day = other, one
  elseif one and other > 12 then
    month, day = one, other
  end
  return month and dates.exists(nil, month, day) and ("%02d-%02d"):format(month, day)
end

--- "24.12.-01.01.", "1 aug - 31 aug", "10/01 to 04/15".
local function meant_range(text)
  for _, between in ipairs { "^(.-)%s+%-+%s+(.+)$", "^(.-)%s+to%s+(.+)$", "^(.-)%s+bis%s+(.+)$",
    "^(.-)%s*–%s*(.+)$", "^([%d./]+)%-([%d./]+)$", "^(.-)%s*%.%.+%s*(.+)$" } do
    local first, last = text:match(between)
    first, last = first and (yearly(first) and first or meant_date(first)),
      last and (yearly(last) and last or meant_date(last))
    if first and last then
      return first .. ".." .. last
    end
  end
end

--- "07-04 if sat then prev fri"
local function meant_stand_in(text)
  local meant, count = text:gsub("then prev(%l*) ", "then previous ")
  return count == 1 and stand_in(meant) and ("%q"):format(meant) or nil
end

local function unreadable(text)
  return nil, ('can\'t read "%s" as a date; write %s'):format(text,
    meant_date(text) or meant_range(text) or meant_stand_in(text) or HOW)
end

--- One date as a function from the year to an ordinal or nil, and its fixed year, if any.
local function point(text, whole)
  local year, month, day = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)$")
  if not year then month, day = text:match("^(%d%d)%-(%d%d)$") end
  year, month, day = math.tointeger(year), math.tointeger(month), math.tointeger(day)
  if month then
    if not dates.exists(year, month, day) then
      local meant = not year and meant_date(text)
      return nil, ('"%s" isn\'t a date%s'):format(text,
        meant and (": the month comes first, %s"):format(meant) or "")
    end
    return function(of) return ordinal(year or of, month, day) end, year
  end
  local find, base, sign, days = movable(text) or stand_in(text), nil, nil, nil
  if not find then
    base, sign, days = text:match("^(.-)%s*([+-])%s*(%d+)$")
    find = base and movable(base)
  end
  local shift = base and math.tointeger(tonumber(days)) or 0
  if not find or shift > MOST_DAYS then
    return unreadable(whole)
  end
  if sign == "-" then shift = -shift end
  return function(of)
    local found = find(of)
    return found and ordinal_of(found + shift)
  end
end

--- First and last day of a range that begins in a year; it may end in the next.
local function span_of(first, last)
  return function(year)
    local from, to = first(year), last(year)
    if from and to and to < from then to = last(year + 1) end
    return from, from and to
  end
end

--- "12-24..01-02" as two functions of the year and the year that both are bound to, or nil, message.
local function ends_of(text)
  local first, last = text:match("^(.-)%s*%.%.%s*(.+)$")
  local from, from_year = point(first or text, text)
  if not from then
    return nil, from_year
  end
  local to, to_year = from, from_year
  if last then
    to, to_year = point(last, text)
    if not to then
      return nil, to_year
    end
  end
  if (from_year == nil) ~= (to_year == nil) then
    return nil, ('give the year on both sides of "%s", or on neither'):format(text)
  elseif from_year and to(0) < from(0) then
    return nil, ('"%s" ends before it begins'):format(text)
  end
  return from, to, from_year, last ~= nil
end

---@param text string
---@return DateSpec?
---@return string? message
function dates.read(text)
  if #text > 80 then
    return unreadable(text:sub(1, 40) .. "…")
  end
  local plain = text:lower():gsub("%s+", " "):match("^ ?(.-) ?$")
  local first, last, year, is_range = ends_of(plain)
  if not first then
    return nil, last
  end
  local rank = (year and 3 or 1) + (is_range and 0 or 1)
  local span = span_of(first, last)
  if year then span = function() return first(year), last(year) end end
  local function holds(day)
    local date = ordinal(day.year, day.month, day.day)
    -- A date moved by days, or a range over New Year, may belong to the previous or next year.
    for of = day.year - 1, day.year + 1 do
      local from, to = span(of)
      if from and to and date >= from and date <= to then
        return true
      end
    end
    return false
  end
  return { text = text, rank = rank, holds = holds, span = span }
end

---@param list { spec: DateSpec }[]
function dates.sort(list)
  table.sort(list, function(a, b)
    return a.spec.rank > b.spec.rank or a.spec.rank == b.spec.rank and a.spec.text < b.spec.text
  end)
end

---@param one DateSpec
---@param other DateSpec
---@return string? a day that both name, if neither counts more
function dates.conflict(one, other)
  for year = YEARS[1], one.rank == other.rank and YEARS[2] or 0 do
    local from, to = one.span(year)
    for beside = year - 1, from and year + 1 or 0 do
      local first, last = other.span(beside)
      if first and first <= to and from <= last then
        local day = math.max(first, from)
        return ("%04d-%02d-%02d"):format(day // 10000, day // 100 % 100, day % 100)
      end
    end
  end
end

return dates
