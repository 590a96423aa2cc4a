-- turns.lua: who is on call by an iCalendar file.
--
--   turns.read(text, options)   -> Turn[], what is wrong with single events; or nil and why it can't be read
--
-- Where two events overlap, the one that began last counts; of two that begin together, the one that ends
-- first. So a shift that was swapped is put on top of the week that it is part of.

local components = require("calls.ical.components")
local flattened = require("calls.ical.flattened")
local recurrence = require("calls.ical.recurrence")
local rule_text = require("calls.ical.rule_text")
local times = require("calls.ical.times")
local xml = require("calls.twiml.xml")
local zones = require("calls.ical.zones")

local turns = {}

turns.MOST = 20000
local DAY = 86400
local MOST_WORK, MOST_INSTANCES, MOST_TOLD = 1500000, 50000, 20
local MOST_NAMES, LONGEST_NAME = 4, 100

---@class Turn
---@field from integer seconds since 1970
---@field till integer
---@field who string what the event says: names with " | " between

---@class TurnOptions
---@field zone string IANA name, of whole days and of times without a zone
---@field from integer seconds since 1970
---@field to integer

-- ---- one event ----

local function first(event, name)
  local list = event.properties[name]
  return list and list[1]
end

local function plain(text)
  if not utf8.len(text) then text = xml.repaired(text) end
  text = components.text(text):gsub("%s*|%s*", " ")
  return text:sub(1, utf8.offset(text, LONGEST_NAME + 1) and utf8.offset(text, LONGEST_NAME + 1) - 1 or -1)
end

--- The names that an event may mean: what it is called, then who attends.
local function names_of(event)
  local list, seen = {}, {}
  local function add(text)
    text = plain(text or "")
    if text ~= "" and not seen[text] and #list < MOST_NAMES then list[#list + 1], seen[text] = text, true end
  end
  add(first(event, "SUMMARY") and first(event, "SUMMARY").value)
  for _, attendee in ipairs(event.properties.ATTENDEE or {}) do
    add(attendee.params.CN)
    local address = attendee.value:lower():gsub("^mailto:", "")
    add(address:find("^[^%s:]+@[^%s:]+$") and address)
  end
  return #list > 0 and table.concat(list, " | ") or "?"
end

--- A property's times: each with the zone that it is of.
local function each_time(context, property, visit)
  for part in property.value:gmatch("[^,]+") do
    local begin, behind = part:match("^([^/]*)/?(.*)$")
    local time = times.read(begin)
    if not time then error(("can't read the time %s"):format(plain(part):sub(1, 30)), 0) end
    local tzid = property.params.TZID
    local zone = time.is_utc and zones.utc or not time.is_date and tzid and context.zone_of(tzid)
      or (time.is_date or not tzid) and context.zone
    if not zone then error(("unknown time zone %s"):format(plain(tzid):sub(1, 60)), 0) end
    visit(time, zone, behind)
  end
end

local function single(context, event, name)
  local found, zone
  local property = first(event, name)
  if property then
    each_time(context, property, function(time, of)
      found, zone = found or time, zone or of
    end)
  end
  return found, zone
end

--- How an event's end follows from a beginning, and how long it lasts at most.
local function ending(context, event, start, zone)
  local last, last_zone = single(context, event, "DTEND")
  local duration = first(event, "DURATION")
  local days, seconds = start.is_date and 1 or 0, 0
  if last and last_zone ~= zone then
    seconds = last_zone(last.wall) - zone(start.wall)
    days = 0
  elseif last then
    local span = last.wall - start.wall
    return function(wall) return zone(wall + span) end, span
  elseif duration then
    days, seconds = times.duration(duration.value)
    if not days then error("can't read its DURATION", 0) end
  end
  return function(wall) return zone(wall + days * DAY) + seconds end, days * DAY + seconds
end

-- ---- all of them ----

--- Adds the times that an event doesn't take place, or takes place as another event says.
local function note_times(context, list, into)
  for _, property in ipairs(list or {}) do
    each_time(context, property, function(time, zone)
      if time.is_date then
        into.days[time.wall // DAY] = true
      else
        into.instants[zone(time.wall)] = true
        into.whole[time.wall // DAY] = true
      end
    end)
  end
end

local function new_set()
  return { days = {}, instants = {}, whole = {} }
end

local function holds(set, instant, wall, is_date)
  return set.days[wall // DAY] or set.instants[instant] or is_date and set.whole[wall // DAY]
end

local function add_instance(context, event, seen, from, till)
  if till > from and till > context.from and from < context.to and not seen[from] then
    seen[from] = true
    context.count = context.count + 1
    if context.count > MOST_INSTANCES then
      error(("it has more than %d turns in 16 months"):format(MOST_INSTANCES), 0)
    end
    context.list[context.count] = { from = from, till = till, who = event.who, order = event.order }
  end
end

--- Beginnings by RDATE; a period says its end, too.
local function add_dates(context, event, is_left_out, add)
  for _, property in ipairs(event.properties.RDATE or {}) do
    each_time(context, property, function(time, zone, behind)
      local from = zone(time.wall)
      local last, days, seconds = times.read(behind), times.duration(behind)
      local till = last and (last.is_utc and zones.utc or zone)(last.wall)
        or days and zone(time.wall + days * DAY) + seconds
      if not is_left_out(from, time.wall) then add(time.wall, from, till) end
    end)
  end
end

--- The turns of an event from a change of "this and all that follow" on; nil: of none.
local function range_of(ranges, wall)
  local low, high = 0, #ranges
  while low < high do
    local middle = (low + high + 1) // 2
    if ranges[middle].at <= wall then low = middle else high = middle - 1 end
  end
  return ranges[low]
end

--- Note a change of an occurrence and all that follow it: they move as far as that one, and last as long.
local function note_range(context, event)
  local at, at_zone = single(context, event, "RECURRENCE-ID")
  local start, zone = single(context, event, "DTSTART")
  if not start then error("it has no DTSTART", 0) end
  if at_zone ~= zone then
    error("it changes an event and all that follow, but its RECURRENCE-ID has another time zone", 0)
  end
  local till_of, span = ending(context, event, start, zone)
  local ranges = context.ranges[event.uid] or { reach = 0 }
  context.ranges[event.uid], ranges[#ranges + 1] = ranges, {
    at = at.wall, shift = start.wall - at.wall, zone = zone, till_of = till_of, event = event, seen = {},
  }
  ranges.reach = math.max(ranges.reach, span + math.abs(start.wall - at.wall))
end

local function check_length(from, till)
  if till <= from then error("it has no end after its beginning", 0) end
end

--- Is a changed occurrence one that its event leaves out?
local function is_excluded(context, event, out)
  local excluded = false
  each_time(context, event.moves[1], function(time, zone)
    excluded = holds(out, zone(time.wall), time.wall, time.is_date)
  end)
  return excluded
end

local function add_event(context, event)
  local start, zone = single(context, event, "DTSTART")
  if not start then error("it has no DTSTART", 0) end
  local till_of, span = ending(context, event, start, zone)
  check_length(zone(start.wall), till_of(start.wall))
  local out, moved = context.out[event.uid] or new_set(), context.moved[event.uid]
  if event.moves and is_excluded(context, event, out) then
    return
  end
  local function is_left_out(instant, wall)
    return not event.moves and (holds(out, instant, wall, start.is_date)
      or moved and holds(moved, instant, wall, start.is_date))
  end
  local ranges = not event.moves and context.ranges[event.uid] or { reach = 0 }
  local seen, near = {}, context.from - math.max(span, ranges.reach) - 2 * DAY
  local function add(wall, from, till)
    local range = range_of(ranges, wall)
    if not range then
      add_instance(context, event, seen, from, till or till_of(wall))
    elseif not range.event.is_cancelled then
      wall = wall + range.shift
      add_instance(context, range.event, range.seen, range.zone(wall), range.till_of(wall))
    end
  end
  local rules = not event.moves and event.properties.RRULE or {}
  if #rules == 0 and not is_left_out(zone(start.wall), start.wall) then add(start.wall, zone(start.wall)) end
  for _, property in ipairs(rules) do
    local rule, message = rule_text.read(property.value, times.read)
    if not rule then error(message, 0) end
    if start.is_date then rule_text.for_days(rule) end
    local last = rule.ends
    local is_over = last and (last.is_date and function(wall) return wall // DAY > last.wall // DAY end
      or last.is_utc and not start.is_date and function(wall) return zone(wall) > last.wall end
      or function(wall) return (start.is_date and wall // DAY * DAY or wall) > last.wall end)
    recurrence.each(rule, start.wall, near, context.to + ranges.reach + 2 * DAY, context.work,
      function(wall)
        if wall < near then
          return
        elseif is_over and is_over(wall) then
          return true
        end
        local from = zone(wall)
        if not is_left_out(from, wall) then add(wall, from) end
      end)
  end
  if not event.moves then add_dates(context, event, is_left_out, add) end
end

--- Events in the order of the file, with what they say of others noted.
local function prepared(context, events, tell)
  local list = {}
  for i, event in ipairs(events) do
    local uid = first(event, "UID")
    event.uid = uid and uid.value or "\0" .. i
    event.who, event.order = names_of(event), i
    local status = first(event, "STATUS")
    event.is_cancelled = status and status.value:upper():find("CANCELLED", 1, true) ~= nil
    event.moves = event.properties["RECURRENCE-ID"]
    local ok, message
    if event.moves then
      context.moved[event.uid] = context.moved[event.uid] or new_set()
      ok, message = pcall(note_times, context, event.moves, context.moved[event.uid])
      local range = ok and event.moves[1].params.RANGE
      if range and range:upper() == "THISANDFUTURE" then
        ok, message = pcall(note_range, context, event)
      elseif range then
        ok, message = false, "can't read its RANGE"
      end
    elseif event.properties.EXRULE then
      ok, message = false, "EXRULE can't be read"
    else
      context.out[event.uid] = context.out[event.uid] or new_set()
      ok, message = pcall(note_times, context, event.properties.EXDATE, context.out[event.uid])
    end
    if not ok then
      if context.work.left < 0 then error(message, 0) end
      tell(event, message)
    elseif not event.is_cancelled then
      list[#list + 1] = event
    end
  end
  for _, ranges in pairs(context.ranges) do table.sort(ranges, function(a, b) return a.at < b.at end) end
  return list
end

---@param text string of the file
---@param options TurnOptions
---@return Turn[]? turns one after the other; between them there may be nobody
---@return string[]|string problems of events that are left out; or why nothing can be read
function turns.read(text, options)
  local found, why = components.read(text)
  if not found then
    return nil, why
  end
  local work = { left = MOST_WORK }
  local context = {
    from = options.from, to = options.to, zone = zones.named(options.zone), work = work,
    moved = {}, out = {}, ranges = {},
    zone_of = zones.new(found.zones, options.to + DAY, work), list = {}, count = 0,
  }
  local problems, left_out = {}, 0
  local function tell(event, message)
    left_out = left_out + 1
    local start = first(event, "DTSTART")
    local day = start and start.value:match("^%s*%d%d%d%d%d%d%d%d")
    problems[#problems + 1] = left_out <= MOST_TOLD and ('the event "%s"%s: %s'):format(event.who,
      day and " of " .. day:gsub("%s*(%d%d%d%d)(%d%d)(%d%d)", "%1-%2-%3") or "", message) or nil
  end
  local ok, raised = pcall(function()
    for _, event in ipairs(prepared(context, found.events, tell)) do
      local before = context.count
      local fine, message = pcall(add_event, context, event)
      if not fine then
        if work.left < 0 or context.count > MOST_INSTANCES then error(message, 0) end
        context.count = before
        tell(event, message)
      end
    end
  end)
  if not ok then
    return nil, raised
  end
  for i = context.count + 1, #context.list do context.list[i] = nil end
  local out = flattened(context.list, options.from, options.to)
  if #out > turns.MOST then
    return nil, ("it has more than %d turns in 16 months"):format(turns.MOST)
  end
  if left_out > MOST_TOLD then
    problems[#problems + 1] = ("and %d more events"):format(left_out - MOST_TOLD)
  end
  return out, problems
end

return turns
