-- by_day.lua: call counts by day and hour of a time zone.
--
--   by_day.fold(counts, { from =, to =, zone = })   -> { days = {…}, hours = {…} }
--
-- Counts are by days and hours as the zone's clocks show them; one may come in several rows. Days without
-- calls are included, with zeros.

local tz = require("tz")

local DAY = 24 * 3600 -- seconds
local NOON = 12
local COUNTS = { "calls", "inbound", "outbound", "answered", "voicemail", "missed", "talk_seconds" }

local by_day = {}

local function zeros(entry)
  for _, name in ipairs(COUNTS) do
    entry[name] = 0
  end
  return entry
end

local function date_of(when)
  return ("%04d-%02d-%02d"):format(when.year, when.month, when.day)
end

-- The days in order and by their number since 1970; noon exists in every zone.
local function empty_days(span)
  local days, numbered = {}, {}
  local first = tz.local_time(span.zone, span.from // 1000)
  local last = date_of(tz.local_time(span.zone, (span.to - 1) // 1000))
  local offset = 0
  repeat
    local noon = tz.instant(span.zone, {
      year = first.year, month = first.month, day = first.day + offset, hour = NOON,
    })
    local when = tz.local_time(span.zone, noon)
    local day = zeros { date = date_of(when) }
    offset = offset + 1
    days[offset], numbered[(noon + when.offset) // DAY] = day, day
  until day.date >= last
  return days, numbered
end

local function empty_hours()
  local hours = {}
  for hour = 0, 23 do
    hours[hour + 1] = zeros { hour = hour }
  end
  return hours
end

local function add(entry, row)
  for _, name in ipairs(COUNTS) do
    entry[name] = entry[name] + row[name]
  end
end

---@param counts { days: table[], hours: table[] } { unit = days since 1970 or hour, calls =, inbound =, … }
---@param span { from: integer, to: integer, zone: string } milliseconds, the second excluded
---@return { days: table[], hours: table[] }
function by_day.fold(counts, span)
  local days, numbered = empty_days(span)
  local hours = empty_hours()
  for _, row in ipairs(counts.days) do
    if numbered[row.unit] then
      add(numbered[row.unit], row)
    end
  end
  for _, row in ipairs(counts.hours) do
    add(hours[row.unit + 1], row)
  end
  return { days = days, hours = hours }
end

return by_day
