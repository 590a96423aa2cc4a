-- rule_text.lua: repetition rules (RRULE of RFC 5545) as text.
--
--   rule_text.read("FREQ=WEEKLY;BYDAY=MO,TU", read_time)   -> RecurrenceRule; or nil and what is wrong
--   rule_text.for_days(rule)                               the rule of an event of whole days

local short_periods = require("calls.ical.short_periods")

local rule_text = {}

local WEEKDAYS = { MO = 1, TU = 2, WE = 3, TH = 4, FR = 5, SA = 6, SU = 7 }
local MOST_INTERVAL, MOST_COUNT = 100000, 100000000 -- of days or longer; of anything

---@class RecurrenceRule
---@field freq "SECONDLY"|"MINUTELY"|"HOURLY"|"DAILY"|"WEEKLY"|"MONTHLY"|"YEARLY"
---@field interval integer
---@field count integer?
---@field ends CalendarTime? as `UNTIL` has it; the caller ends there
---@field wkst integer 1 Monday … 7 Sunday
---@field months table<integer, true>?
---@field month_days table<integer, true>? negative: from the end
---@field year_days table<integer, true>?
---@field weeks table<integer, true>?
---@field weekdays table<integer, true>? every one
---@field places table<integer, table<integer, true>>? "second Monday", by weekday
---@field positions integer[]? in a period
---@field hours integer[]?
---@field minutes integer[]?
---@field seconds integer[]?

local function numbers(text, least, most)
  local list, set = {}, {}
  for part in (text .. ","):gmatch("([^,]*),") do
    local number = math.tointeger(tonumber(part:match("^[+-]?%d+$") or nil))
    if not number or number < least or number > most or (number == 0 and least < 0) then
      return nil
    end
    if not set[number] then list[#list + 1], set[number] = number, true end
  end
  table.sort(list)
  return list, set
end

local function set_field(name, least, most)
  return function(rule, value)
    local _, set = numbers(value, least, most)
    rule[name] = set
    return set ~= nil
  end
end

local function list_field(name, least, most)
  return function(rule, value)
    rule[name] = numbers(value, least, most)
    return rule[name] ~= nil
  end
end

local function number_field(name, most)
  return function(rule, value)
    rule[name] = (numbers(value, 1, most) or {})[1]
    return rule[name] ~= nil
  end
end

local READ = {
  BYMONTH = set_field("months", 1, 12), BYMONTHDAY = set_field("month_days", -31, 31),
  BYYEARDAY = set_field("year_days", -366, 366), BYWEEKNO = set_field("weeks", -53, 53),
  BYSETPOS = list_field("positions", -366, 366), BYHOUR = list_field("hours", 0, 23),
  BYMINUTE = list_field("minutes", 0, 59), BYSECOND = list_field("seconds", 0, 59),
  INTERVAL = number_field("interval", MOST_COUNT), COUNT = number_field("count", MOST_COUNT),
}

local LONG = { DAILY = true, WEEKLY = true, MONTHLY = true, YEARLY = true }

function READ.FREQ(rule, value)
  rule.freq = (LONG[value] or short_periods.LENGTH[value]) and value
  return rule.freq ~= nil
end

function READ.WKST(rule, value)
  rule.wkst = WEEKDAYS[value]
  return rule.wkst ~= nil
end

function READ.BYDAY(rule, value)
  for part in (value .. ","):gmatch("([^,]*),") do
    local place, name = part:match("^([+-]?%d*)(%u%u)$")
    local weekday = WEEKDAYS[name or ""]
    local number = math.tointeger(tonumber(place or ""))
    if not weekday or place ~= "" and (not number or number == 0 or math.abs(number) > 53) then
      return false
    elseif number then
      rule.places = rule.places or {}
      rule.places[weekday] = rule.places[weekday] or {}
      rule.places[weekday][number] = true
    else
      rule.weekdays = rule.weekdays or {}
      rule.weekdays[weekday] = true
    end
  end
  return true
end

--- text, reader of times -> rule
---@param text string
---@param read_time fun(text: string): CalendarTime?
---@return RecurrenceRule?
---@return string? message
function rule_text.read(text, read_time)
  local rule = { interval = 1, wkst = 1 }
  for part in text:upper():gsub("%s+", ""):gmatch("[^;]+") do
    local key, value = part:match("^([%u-]+)=(.*)$")
    local reader = READ[key or ""]
    if key == "UNTIL" then
      rule.ends = read_time(value)
      if not rule.ends then reader = nil end
    elseif reader and not reader(rule, value) then
      reader = nil
    end
    if not reader and not (key == "UNTIL" and rule.ends) and not (key or ""):find("^X%-") then
      return nil, ("can't read %s of its rule"):format(part:sub(1, 40))
    end
  end
  if not rule.freq then
    return nil, "its rule has no FREQ"
  elseif LONG[rule.freq] and rule.interval > MOST_INTERVAL then
    return nil, ("can't read INTERVAL=%d of its rule"):format(rule.interval)
  elseif rule.places and rule.freq ~= "MONTHLY" and (rule.freq ~= "YEARLY" or rule.weeks) then
    return nil, "a place in the month, such as 2MO, goes with monthly and yearly rules"
  elseif rule.freq ~= "YEARLY" and (rule.weeks or rule.year_days) then
    return nil, "BYWEEKNO and BYYEARDAY go with yearly rules"
  end
  return rule
end

--- Whole days have no times: RFC 5545 has such parts ignored.
---@param rule RecurrenceRule
function rule_text.for_days(rule)
  if short_periods.LENGTH[rule.freq] then
    error(("an event of whole days can't repeat %s"):format(rule.freq:lower()), 0)
  end
  rule.hours, rule.minutes, rule.seconds = nil, nil, nil
end

return rule_text
