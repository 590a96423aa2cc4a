-- away.lua: the field `away` of people.txt: until when someone isn't rung.
--
--   team_away.read("until 2026-12-07 08:00 America/Denver")   -> Away; or nil, message
--   team_away.text(entry)       its line
--   team_away.span(entry)       -> AwaySpan
--
-- "2026-12-04 17:00 until …" begins later; without a first time, someone is away at any time before the last.

local clock = require("calls.hours.clock")
local dates = require("calls.hours.dates")
local mistake = require("calls.mistake")
local tz = require("tz")
local zone_names = require("calls.zone_names")

local team_away = {}

local EXAMPLE = "until 2026-12-07 08:00 America/Denver"

---@class Away
---@field from string? "2026-11-29 14:00"
---@field to string
---@field zone string

--- "2026-12-07 8am" -> "2026-12-07 08:00"
local function moment_of(text)
  local date, time = text:match("^(%d%d%d%d%-%d%d%-%d%d)[ T]+(.-)%s*$")
  local minutes = time and clock.minutes(time)
  if minutes and minutes < 24 * 60 and dates.read(date) then
    return date .. " " .. clock.text(minutes)
  end
end

local function seconds_of(text, zone)
  local year, month, day, hour, minute = text:match("^(%d+)-(%d+)-(%d+) (%d+):(%d+)$")
  return (tz.instant(zone, {
    year = math.tointeger(year), month = math.tointeger(month), day = math.tointeger(day),
    hour = math.tointeger(hour), min = math.tointeger(minute), sec = 0,
  }))
end

---@param entry Away
---@return AwaySpan
function team_away.span(entry)
  return { from = entry.from and seconds_of(entry.from, entry.zone), to = seconds_of(entry.to, entry.zone) }
end

---@param text string
---@return Away?
---@return string? message
function team_away.read(text)
  local first, last, zone = text:match("^(.-)%s*[uU]ntil%s+(%S+%s+%S+)%s+(%S.*)$")
  local from, to = first and moment_of(first), first and moment_of(last)
  if not to or first ~= "" and not from then
    return nil, ("can't read %s; write %s, with a first date and time before it if it begins later"):format(
      mistake.show(text), EXAMPLE)
  end
  local ok, message = zone_names.check(zone)
  if not ok then
    return nil, message
  end
  local entry = { from = from, to = to, zone = zone }
  local span = team_away.span(entry)
  if span.from and span.from >= span.to then
    return nil, ("ends at %s, before it begins"):format(to)
  end
  return entry
end

---@param entry Away
---@return string
function team_away.text(entry)
  return ("%suntil %s %s"):format(entry.from and entry.from .. " " or "", entry.to, entry.zone)
end

return team_away
