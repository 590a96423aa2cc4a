-- zones.lua: the time zones of an iCalendar file.
--
--   zones.new(components, to, work)   -> find(tzid) -> IcalZone, or nil
--   zones.named(name)                 -> IcalZone of an IANA name
--   zone(wall)                        seconds since 1970 at which its clocks show a wall time
--
-- An IANA name is read by the system's rules, whatever the file says about it; any other name by the file's
-- own VTIMEZONE, and without one as the name of a Windows zone. Where clocks skip a time, it is read as if
-- they had not been changed yet; where they show it twice, the first time counts.

local components = require("calls.ical.components")
local recurrence = require("calls.ical.recurrence")
local rule_text = require("calls.ical.rule_text")
local times = require("calls.ical.times")
local tz = require("tz")

local zones = {}

local DAY = 86400
local MOST_ONSETS = 10000 -- of a zone; a real one has two a year

---@alias IcalZone fun(wall: integer): integer

---@type IcalZone
function zones.utc(wall)
  return wall
end

---@param name string one that exists
---@return IcalZone
function zones.named(name)
  return function(wall)
    return (tz.instant(name, { year = 1970, month = 1, day = wall // DAY + 1, sec = wall % DAY }))
  end
end

--- "/example.org/20060101/Europe/Berlin" -> "Europe/Berlin"
local function iana_name(tzid)
  if tzid:lower() == "tzone://microsoft/utc" then
    return "UTC" -- as Exchange writes it
  end
  local parts = {}
  for part in tzid:gmatch("[^/]+") do parts[#parts + 1] = part end
  for count = math.min(#parts, 3), 1, -1 do
    local name = table.concat(parts, "/", #parts - count + 1)
    if (count == #parts or count > 1) and name:find("^[%w_+/-]+$") and tz.exists(name) then
      return name
    end
  end
end

--- The zone of "W. Europe Standard Time", which Outlook may write without describing it.
local function windows_zone(id)
  local name = tz.of_windows(id)
  return name and tz.exists(name) and zones.named(name)
end

--- A zone is named in a text, where commas have a backslash, and in a parameter, which may be in quotes.
local function plain_id(text)
  return (components.text(text):match('^"(.*)"$') or components.text(text))
end

local function value_of(component, name)
  local list = component.properties[name]
  return list and list[1].value
end

--- Adds when an observance begins: as clocks show it before the change, with the offsets.
local function add_onsets(list, observance, to, work)
  local start = times.read(value_of(observance, "DTSTART") or "")
  local before = times.offset(value_of(observance, "TZOFFSETFROM") or "")
  local after = times.offset(value_of(observance, "TZOFFSETTO") or "")
  if not start or not before or not after then
    return false
  end
  local function add(wall)
    list[#list + 1] = { wall = wall, before = before, after = after }
    return #list > MOST_ONSETS or nil
  end
  add(start.wall)
  for _, property in ipairs(observance.properties.RDATE or {}) do
    for part in property.value:gmatch("[^,]+") do
      local time = times.read(part)
      if time then add(time.wall) end
    end
  end
  for _, property in ipairs(observance.properties.RRULE or {}) do
    local rule = rule_text.read(property.value, times.read)
    if not rule then
      return false
    end
    recurrence.each(rule, start.wall, start.wall, to + DAY, work, function(wall)
      local last = rule.ends
      if last and wall - (last.is_utc and before or 0) > last.wall then
        return true
      end
      return add(wall)
    end)
  end
  return #list <= MOST_ONSETS
end

--- The zone that a VTIMEZONE describes; nil when it can't be read.
local function described(component, to, work)
  local onsets = {}
  for _, observance in ipairs(component.children) do
    if not add_onsets(onsets, observance, to, work) then
      return nil
    end
  end
  if #onsets == 0 then
    return nil
  end
  table.sort(onsets, function(a, b) return a.wall - a.before < b.wall - b.before end)
  return function(wall)
    local low, high = 1, #onsets
    while low < high do
      local middle = (low + high + 1) // 2
      if onsets[middle].wall <= wall then low = middle else high = middle - 1 end
    end
    local onset = onsets[low]
    local is_before = wall < onset.wall or wall < onset.wall + onset.after - onset.before
    return wall - (is_before and onset.before or onset.after)
  end
end

---@param described_zones Component[] VTIMEZONEs
---@param to integer seconds since 1970 until which they are worked out
---@param work { left: integer } of recurrence.each
---@return fun(tzid: string): IcalZone?
function zones.new(described_zones, to, work)
  local known, by_id = {}, {}
  for _, component in ipairs(described_zones) do
    local tzid = value_of(component, "TZID")
    if tzid then by_id[plain_id(tzid)] = component end
  end
  return function(tzid)
    if known[tzid] == nil then
      local id = plain_id(tzid)
      local name = #id <= 200 and iana_name((id:gsub(" ", "_")))
      known[tzid] = name and zones.named(name) or by_id[id] and described(by_id[id], to, work)
        or windows_zone(id) or false
    end
    return known[tzid] or nil
  end
end

return zones
