-- hours.lua: opening hours by the wall clock of a place.
--
--   OFFICE = hours.new { zone = "America/Denver", ["mon-fri"] = "07:00-17:30", sat = "08:00-13:00",
--                        closed = { "12-25", "2026-07-03", "12-24..01-02" } }
--   OFFICE:open_at(call.at)       at: seconds since 1970
--   OFFICE:next_change(call.at)   when it opens or closes next, or nil
--
-- A day has one or more ranges ("08:00-12:00, 13:00-17:00"), "24h" or "closed". A
-- range that ends before it begins runs past midnight and belongs to the day it
-- begins on. On a closed date nothing is open from midnight to midnight, and no
-- night begins. Summer time is the zone's business: the wall clock decides.

local dates = require("calls.rules.dates")
local mistake = require("calls.mistake")
local tz = require("tz")

local DAYS = { mon = 1, tue = 2, wed = 3, thu = 4, fri = 5, sat = 6, sun = 7 }
local DAY_SECONDS = 86400
local MIDNIGHT = 24 * 60
-- A week repeats; closed dates and their combinations repeat within a year.
local SEARCH_DAYS = 400

---@class Hours
local Hours = {}
local hours = {}

---@type table<Hours, { zone: string, days: table<integer, integer[][]>, closed: (fun(day: table): boolean),
--- asked: integer?, answer: boolean? }>
local content = setmetatable({}, { __mode = "k" })

local META = {
  __index = Hours,
  __newindex = function() mistake("opening hours cannot be changed") end,
  __metatable = "hours",
}

local function minutes(text, whole)
  local hour, minute = text:match("^(%d%d?):(%d%d)$")
  hour, minute = math.tointeger(hour), math.tointeger(minute)
  if not hour or minute > 59 or hour > 24 or (hour == 24 and minute > 0) then
    mistake(("hours: can't read %s in %s as a time; try 07:00-17:30")
      :format(mistake.show(text), mistake.show(whole)))
  end
  return hour * 60 + minute
end

--- "08:00-12:00, 13:00-17:00" -> { { 480, 720 }, { 780, 1020 } }; the end may be past MIDNIGHT.
local function ranges(text, day)
  if type(text) ~= "string" then
    mistake(("hours: %s needs a text such as \"07:00-17:30\", not %s"):format(day, mistake.show(text)))
  end
  if text == "24h" then
    return { { 0, MIDNIGHT } }
  end
  local list = {}
  if text == "closed" then
    return list
  end
  for part in text:gmatch("[^,]+") do
    local from, to = part:match("^%s*(%S+)%s*%-%s*(%S+)%s*$")
    if not from then mistake(("hours: %s is no range: write 07:00-17:30"):format(mistake.show(part))) end
    from, to = minutes(from, part), minutes(to, part)
    if from == to then mistake(("hours: %s is empty; for all day write 24h"):format(mistake.show(part))) end
    list[#list + 1] = { from, to < from and to + MIDNIGHT or to }
  end
  if #list == 0 then mistake(("hours: %s has no range; for a day off write closed"):format(day)) end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  for i = 2, #list do
    if list[i][1] < list[i - 1][2] then mistake(("hours: the ranges of %s overlap"):format(day)) end
  end
  return list
end

--- "mon-fri", "sat", "mon,wed" -> { 1, 2, 3, 4, 5 }, or nil when it names no days.
local function day_numbers(key)
  local list = {}
  for part in key:gmatch("[^,]+") do
    local first, last = part:match("^%s*(%a+)%s*%-?%s*(%a*)%s*$")
    local from, to = DAYS[first], last == "" and DAYS[first] or DAYS[last]
    if not from or not to then
      return nil
    end
    local day = from
    list[#list + 1] = day
    while day ~= to do
      day = day % 7 + 1
      list[#list + 1] = day
    end
  end
  return #list > 0 and list or nil
end

local KNOWN = {
  zone = true, closed = true, mon = true, tue = true, wed = true, thu = true, fri = true, sat = true,
  sun = true, ["mon-fri"] = true, ["sat-sun"] = true,
}

local function read_days(spec)
  local days = { {}, {}, {}, {}, {}, {}, {} }
  local given = {}
  for key, text in pairs(spec) do
    local numbers = type(key) == "string" and day_numbers(key)
    if numbers then
      local list = ranges(text, key)
      for _, day in ipairs(numbers) do
        if given[day] then mistake(("hours: %s and %s name the same day"):format(given[day], key)) end
        given[day], days[day] = key, list
      end
    elseif not KNOWN[key] then
      mistake(("hours: unknown day %s%s: use mon tue wed thu fri sat sun, mon-fri, zone, closed")
        :format(mistake.show(key), mistake.nearest(key, KNOWN)))
    end
  end
  if not next(given) then mistake('hours: no day is given: ["mon-fri"] = "07:00-17:30"') end
  return days
end

---@param spec table
---@return Hours
function hours.new(spec)
  if type(spec) ~= "table" then mistake("hours needs a table: hours { zone = …, [\"mon-fri\"] = … }") end
  if type(spec.zone) ~= "string" then mistake('hours needs a zone such as "America/Denver"') end
  local ok, message = tz.exists(spec.zone)
  if not ok then mistake("hours: " .. (message or "unknown time zone " .. mistake.show(spec.zone))) end
  local self = setmetatable({}, META)
  content[self] = { zone = spec.zone, days = read_days(spec), closed = dates.closed(spec.closed) }
  return self
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
  if not own then mistake(("%s is asked of hours: OFFICE:%s(call.at)"):format(method, method)) end
  return own
end

local function is_open(own, at)
  local now = tz.local_time(own.zone, at)
  if own.closed(now) then
    return false
  end
  local minute = now.hour * 60 + now.min
  if within(own.days[now.weekday], minute) then
    return true
  end
  -- A range of the day before may run past midnight into this one.
  local yesterday = own.days[(now.weekday + 5) % 7 + 1]
  return within(yesterday, minute + MIDNIGHT) and not own.closed(dates.before(now))
end

-- One call is asked about by many rules: the last answer is kept.
local function open_at(own, at)
  if own.asked ~= at then
    own.answer = is_open(own, at)
    own.asked = at
  end
  return own.answer
end

local function need_time(at, method)
  local seconds = math.tointeger(at)
  if not seconds then
    mistake(("%s needs a time in seconds, such as call.at, not %s"):format(method, mistake.show(at)))
  elseif seconds > 1e11 or seconds < -1e11 then
    mistake(("%s needs seconds, and %d looks like milliseconds"):format(method, seconds))
  end
  return seconds
end

---@param at integer seconds since 1970
---@return boolean
function Hours:open_at(at)
  return open_at(mine(self, "open_at"), need_time(at, "open_at"))
end

--- The instants of one local day at which it may open or close, in order.
local function candidates(own, day)
  local list = {}
  local function add(minute)
    list[#list + 1] = (tz.instant(own.zone, {
      year = day.year, month = day.month, day = day.day, hour = minute // 60, min = minute % 60, sec = 0,
    }))
  end
  add(0)
  for _, range in ipairs(own.days[day.weekday]) do
    add(range[1])
    if range[2] < MIDNIGHT then add(range[2]) end
  end
  for _, range in ipairs(own.days[(day.weekday + 5) % 7 + 1]) do
    if range[2] > MIDNIGHT then add(range[2] - MIDNIGHT) end
  end
  -- Around a change of the clock a wall time may come twice, or never.
  local start = list[1]
  local change = tz.next_change(own.zone, start - 1)
  if change and change < start + DAY_SECONDS + 2 * 3600 then
    local back = tz.local_time(own.zone, change - 1).offset - tz.local_time(own.zone, change).offset
    for i = 1, #list do list[#list + 1] = list[i] + back end
    list[#list + 1] = change
  end
  table.sort(list)
  return list
end

---@param at integer seconds since 1970
---@return integer? at when it next opens or closes; nil when it never does
function Hours:next_change(at)
  local own = mine(self, "next_change")
  at = need_time(at, "next_change")
  local open_now = open_at(own, at)
  local day = dates.day_of(tz.local_time(own.zone, at))
  for _ = 1, SEARCH_DAYS do
    for _, instant in ipairs(candidates(own, day)) do
      if instant > at and open_at(own, instant) ~= open_now then
        return instant
      end
    end
    day = dates.after(day)
  end
end

return hours
