-- by_day.lua: counts of calls, by the days and hours of a time zone.
--
--   by_day.fold(rows, { from =, to =, zone = })   -> { days = {…}, hours = {…} }
--
-- A row holds the counts of a quarter of an hour: the offsets of all zones are
-- whole quarters, so a quarter lies in one local hour. Days without calls are
-- there too, with zeros.

local tz = require("tz")

local QUARTER, HOUR, DAY = 900, 3600, 24 * 3600 -- seconds
local NOON = 12
local COUNTS = { "calls", "inbound", "outbound", "answered", "voicemail", "missed", "talk_seconds" }

local by_day = {}

by_day.QUARTER_MS = QUARTER * 1000

local function zeros(entry)
  for _, name in ipairs(COUNTS) do
    entry[name] = 0
  end
  return entry
end

local function date_of(when)
  return ("%04d-%02d-%02d"):format(when.year, when.month, when.day)
end

-- A day after the other, by its count since 1970 and in order; noon is there in every zone.
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

---@param rows table[] in order: { quarter = started_at // QUARTER_MS, calls =, inbound =, … }
---@param span { from: integer, to: integer, zone: string } milliseconds, the second excluded
---@return { days: table[], hours: table[] }
function by_day.fold(rows, span)
  local days, numbered = empty_days(span)
  local hours = empty_hours()
  local offset, changes = 0, math.mininteger -- what clocks show until they are changed
  for _, row in ipairs(rows) do
    local at = math.max(row.quarter * QUARTER, span.from // 1000)
    if at >= changes then
      offset = tz.local_time(span.zone, at).offset
      changes = tz.next_change(span.zone, at) or math.maxinteger
    end
    local day = numbered[(at + offset) // DAY]
    if day then
      add(day, row)
      add(hours[(at + offset) // HOUR % 24 + 1], row)
    end
  end
  return { days = days, hours = hours }
end

return by_day
