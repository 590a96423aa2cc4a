-- dates.lua: days of the calendar, without clocks and zones.
--
--   dates.closed({ "12-25", "2026-07-03", "12-24..01-02" })   -> function(day): is it one of them?
--   dates.before(day), dates.after(day)                       the neighbours
--   dates.day_of(local_time)                                  { year, month, day, weekday }

local mistake = require("calls.mistake")

local dates = {}

---@class Day
---@field year integer
---@field month integer
---@field day integer
---@field weekday integer 1 Monday … 7 Sunday

local LENGTHS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function length(year, month)
  if month == 2 and (year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)) then
    return 29
  end
  return LENGTHS[month]
end

---@param time table with year, month, day, weekday
---@return Day
function dates.day_of(time)
  return { year = time.year, month = time.month, day = time.day, weekday = time.weekday }
end

---@param day Day
---@return Day
function dates.before(day)
  local out = { year = day.year, month = day.month, day = day.day - 1, weekday = (day.weekday + 5) % 7 + 1 }
  if out.day > 0 then
    return out
  end
  out.month = out.month - 1
  if out.month == 0 then
    out.year, out.month = out.year - 1, 12
  end
  out.day = length(out.year, out.month)
  return out
end

---@param day Day
---@return Day
function dates.after(day)
  local out = { year = day.year, month = day.month, day = day.day + 1, weekday = day.weekday % 7 + 1 }
  if out.day <= length(out.year, out.month) then
    return out
  end
  out.day, out.month = 1, out.month + 1
  if out.month == 13 then
    out.year, out.month = out.year + 1, 1
  end
  return out
end

--- "12-25" -> nil, 1225; "2026-07-03" -> 2026, 703.
local function read(text, whole)
  local year, month, day = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)$")
  if not year then month, day = text:match("^(%d%d)%-(%d%d)$") end
  year, month, day = math.tointeger(year), math.tointeger(month), math.tointeger(day)
  if not month or month < 1 or month > 12 or day < 1 or day > length(year or 2000, month) then
    mistake(("closed: %s is no date: write 12-25, 2026-07-03 or 12-24..01-02"):format(mistake.show(whole)))
  end
  return year, month * 100 + day
end

--- One entry of `closed` as a test of a day.
local function entry(text)
  if type(text) ~= "string" then
    mistake(("closed: %s is no date: write 12-25 or 2026-07-03"):format(mistake.show(text)))
  end
  local first, last = text:match("^(.-)%.%.(.+)$")
  local from_year, from = read(first or text, text)
  local to_year, to = from_year, from
  if last then to_year, to = read(last, text) end
  if (from_year == nil) ~= (to_year == nil) then
    mistake(("closed: give the year on both sides of %s, or on none"):format(mistake.show(text)))
  end
  if from_year then
    from, to = from_year * 10000 + from, to_year * 10000 + to
    if to < from then mistake(("closed: %s ends before it begins"):format(mistake.show(text))) end
    return function(day)
      local date = day.year * 10000 + day.month * 100 + day.day
      return date >= from and date <= to
    end
  end
  return function(day)
    local date = day.month * 100 + day.day
    if from <= to then
      return date >= from and date <= to
    end
    return date >= from or date <= to -- over the turn of the year
  end
end

---@param list string[]?
---@return fun(day: Day): boolean
function dates.closed(list)
  if list == nil then
    return function() return false end
  end
  if type(list) == "string" then list = { list } end
  if type(list) ~= "table" then mistake("closed needs a list of dates: { \"12-25\", \"2026-07-03\" }") end
  local tests = {}
  for i, text in ipairs(list) do tests[i] = entry(text) end
  return function(day)
    for i = 1, #tests do
      if tests[i](day) then
        return true
      end
    end
    return false
  end
end

return dates
