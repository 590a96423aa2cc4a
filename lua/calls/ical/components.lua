-- components.lua: the text of an iCalendar file (RFC 5545) as components.
--
--   components.read(text)   -> { events = Component[], zones = Component[] }; or nil and why not
--   components.text(value)  -> a text value as people read it, on one line
--
-- Of an event and a zone only the properties are kept that say who, when and how often. What is nested in an
-- event, such as an alarm, isn't part of it.

local file_kind = require("calls.source.file_kind")

local components = {}

local MOST_EVENTS, MOST_ZONES, DEEPEST = 10000, 500, 8

---@class Component
---@field name string "VEVENT", "VTIMEZONE", "STANDARD", "DAYLIGHT", …
---@field properties table<string, Property[]> by name
---@field children Component[] of a zone

---@class Property
---@field value string
---@field params table<string, string> first value of each, by name

local KEPT = {
  VEVENT = { "UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SUMMARY",
    "ATTENDEE", "STATUS", "EXRULE" },
  VTIMEZONE = { "TZID" },
  STANDARD = { "DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE" },
}
for _, names in pairs(KEPT) do
  for _, name in ipairs(names) do names[name] = true end
end
KEPT.DAYLIGHT = KEPT.STANDARD

--- The parameters from a position on, and where they end; nil when they can't be read.
local function params_of(line, at)
  local params = {}
  while line:byte(at) == 59 do -- ;
    local name, after = line:match("^([%w-]+)%s*=()", at + 1)
    if not name then
      return nil
    end
    local value, behind = line:match('^"([^"]*)"()', after)
    if not value then value, behind = line:match('^([^;:,"]*)()', after) end
    while line:byte(behind) == 44 do -- more values
      behind = line:match('^,"[^"]*"()', behind) or line:match('^,[^;:,"]*()', behind)
    end
    params[name:upper()], at = value, behind
  end
  return params, at
end

--- name, parameters and value; nil for what isn't a content line.
local function content(line)
  local name, at = line:match("^([%w-]+)()")
  if not name then
    return nil
  end
  local params
  params, at = params_of(line, at)
  if params and line:byte(at) == 58 then -- :
    return name:upper(), params, line:sub(at + 1)
  end
end

---@param value string
---@return string
function components.text(value)
  value = value:gsub("\\(.)", function(c) return c:lower() == "n" and " " or c end)
  return (value:gsub("%c+", " "):gsub("%s+", " "):match("^ ?(.-) ?$"))
end

--- The name of BEGIN and END. No pattern here may try the blanks within a value again and again: values are
--- as long as the file.
local function named(value)
  return value:upper():match("^%s*([%w_-]+)%s*$") or "?"
end

local function begun(found, stack, name)
  local component = { name = name, properties = {}, children = {} }
  local above = stack[#stack]
  if #stack == DEEPEST then
    return nil, "its components are nested too deeply"
  elseif name == "VEVENT" then
    found.events[#found.events + 1] = component
  elseif name == "VTIMEZONE" then
    found.zones[#found.zones + 1] = component
  elseif above and above.name == "VTIMEZONE" then
    above.children[#above.children + 1] = component
  end
  stack[#stack + 1] = component
  if #found.events > MOST_EVENTS then
    return nil, ("it has more than %d events"):format(MOST_EVENTS)
  elseif #found.zones > MOST_ZONES then
    return nil, ("it has more than %d time zones"):format(MOST_ZONES)
  end
  return true
end

local function ended(stack, name)
  local last = table.remove(stack)
  if not last or last.name ~= name then
    return nil, ("END:%s has no beginning"):format(name:sub(1, 20))
  end
  return true
end

local function keep(stack, name, params, value)
  local component = stack[#stack]
  local kept = component and KEPT[component.name]
  if kept and kept[name] then
    local list = component.properties[name] or {}
    component.properties[name], list[#list + 1] = list, { value = value, params = params }
  end
end

---@param text string
---@return { events: Component[], zones: Component[] }?
---@return string? message why it can't be read
function components.read(text)
  local found, stack, calendars = { events = {}, zones = {} }, {}, 0
  local _, kind = file_kind.fault(text)
  if kind then
    return nil, "it isn't a calendar: " .. kind:match("^[^:]+")
  elseif text:find("\0", 1, true) then
    return nil, "it has NUL bytes"
  end
  text = text:gsub("^\u{FEFF}", ""):gsub("\r\n?", "\n"):gsub("\n[ \t]", "")
  for line in text:gmatch("[^\n]+") do
    local name, params, value = content(line)
    local ok, message = true, nil
    if name == "BEGIN" then
      calendars = calendars + (value:upper() == "VCALENDAR" and 1 or 0)
      ok, message = begun(found, stack, named(value))
    elseif name == "END" then
      ok, message = ended(stack, named(value))
    elseif name then
      keep(stack, name, params, value)
    end
    if not ok then
      return nil, message
    end
  end
  if calendars == 0 then
    return nil, "it isn't a calendar: BEGIN:VCALENDAR is missing"
  elseif #stack > 0 then
    return nil, ("it is cut off: END:%s is missing"):format(stack[#stack].name:sub(1, 20))
  end
  return found
end

return components
