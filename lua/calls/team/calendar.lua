-- calendar.lua: calendars.txt: the turns that calendars gave, as the host keeps them beside the rules.
--
--   team_calendar.read(text)                -> turns of each rota, by its name; lines that can't be read
--   team_calendar.text(by_name)             -> the text
--   team_calendar.new(list, who, instead, zone)   -> CalendarTurns, Calendar
--   team_calendar.meant(who, names)         -> whom one of an event's names means, or nil
--
-- A decision depends on this file and not on the calendar, so the version that decided a call tells who was
-- on call then.

local dates = require("calls.hours.dates")

local team_calendar = {}

team_calendar.FILE = "calendars.txt"

local HEAD = "# Who is on call by the calendars that oncall.txt names, in UTC. Hookswitch writes this file:\n"
  .. "# edit the calendar instead.\n"
local MOST, MOST_MOMENTS = 20000, 1000
local TIME = "(%d%d%d%d)-(%d%d)-(%d%d)T(%d%d):(%d%d):(%d%d)Z"

---@class CalendarTurns asked like a rota
---@field at fun(self: CalendarTurns, at: integer): any
---@field next_change fun(self: CalendarTurns, at: integer): integer?

local function moment(year, month, day, hour, minute, second)
  return math.tointeger(dates.number(tonumber(year), tonumber(month), tonumber(day)) * 86400
    + hour * 3600 + minute * 60 + second)
end

local function stamp(at)
  local day, rest = dates.of_number(at // 86400), at % 86400
  return ("%04d-%02d-%02dT%02d:%02d:%02dZ"):format(day.year, day.month, day.day, rest // 3600,
    rest // 60 % 60, rest % 60)
end

---@param text string
---@return table<string, Turn[]>
---@return integer[] lines that can't be read
function team_calendar.read(text)
  local by_name, bad, list, number, count = {}, {}, nil, 0, 0
  for line in text:gmatch("([^\n]*)\n?") do
    number = number + 1
    local name = line:match("^%[(.+)%]%s*$")
    local from, till, who = line:match("^([%d-]+T[%d:]+Z)%.%.([%d-]+T[%d:]+Z): (.-)%s*$")
    local begin, stop = (from or ""):match("^" .. TIME .. "$"), (till or ""):match("^" .. TIME .. "$")
    if name then
      list = {}
      by_name[name] = list
    elseif begin and stop and list and count < MOST then
      local turn = { who = who }
      turn.from, turn.till = moment(from:match(TIME)), moment(till:match(TIME))
      local last = list[#list]
      if turn.till > turn.from and (not last or turn.from >= last.till) then
        list[#list + 1], count = turn, count + 1
      else
        bad[#bad + 1] = number
      end
    elseif line:find("^%s*[^#%s]") then
      bad[#bad + 1] = number
    end
  end
  return by_name, bad
end

---@param by_name table<string, Turn[]>
---@return string
function team_calendar.text(by_name)
  local names, out = {}, { HEAD }
  for name in pairs(by_name) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    out[#out + 1] = ("\n[%s]\n"):format(name)
    for _, turn in ipairs(by_name[name]) do
      out[#out + 1] = ("%s..%s: %s\n"):format(stamp(turn.from), stamp(turn.till), turn.who)
    end
  end
  return table.concat(out)
end

-- "On Call - Joe Brown - Nights", "[Primary] Joe Brown on call", "Nights (Joe Brown)": signs between parts.
local SIGNS = { " [%-/]+ ", " ?– ?", " ?— ?", "[%[%]()<>:;,]+" }
local MOST_PARTS = 12

--- The only one that parts of a name mean; nil when there are several.
local function by_parts(who, name)
  local found, text, count = nil, name, 0
  for _, sign in ipairs(SIGNS) do text = text:gsub(sign, "\n") end
  for part in text:gmatch("[^\n]+") do
    part = part:match("^%s*(.-)%s*$")
    local one = who(part) or who((part:lower():gsub("%s+on[ -]?call$", "")))
    count = count + 1
    if count > MOST_PARTS or one and found and one ~= found then
      return nil
    end
    found = found or one
  end
  return found
end

--- The first of an event's names that is someone's: as it is, behind a colon, without a bracket, or a part.
---@param who fun(name: string): any?
---@param names string "On call: Joe | joe@example.com"
---@return any?
function team_calendar.meant(who, names)
  for name in (names .. " | "):gmatch("(.-) | ") do
    local found = who(name) or who(name:match(":%s*([^:]+)$") or name)
      or who((name:gsub("%s*%b()%s*$", ""))) or by_parts(who, name)
    if found then
      return found
    end
  end
end

---@param list Turn[] one after the other
---@param who fun(name: string): any? whom a name means
---@param instead any who is rung when the calendar names nobody
---@param zone string
---@return CalendarTurns
---@return Calendar
function team_calendar.new(list, who, instead, zone)
  local known, moments, turns = {}, {}, {}
  for i, turn in ipairs(list) do
    if known[turn.who] == nil then known[turn.who] = team_calendar.meant(who, turn.who) or instead end
    turns[i] = known[turn.who]
    for _, at in ipairs { turn.from, turn.till } do
      if at ~= moments[#moments] and #moments < MOST_MOMENTS then moments[#moments + 1] = at end
    end
  end
  --- The last turn that has begun, or 0.
  local function index_at(at)
    local low, high = 0, #list
    while low < high do
      local middle = (low + high + 1) // 2
      if list[middle].from <= at then low = middle else high = middle - 1 end
    end
    return low
  end
  local function whom(at)
    local i = index_at(at)
    return i > 0 and at < list[i].till and turns[i] or instead
  end
  local made = { at = function(_, at) return whom(at) end }
  function made.next_change(_, at)
    local now = whom(at)
    for i = math.max(index_at(at), 1), #list do
      for _, edge in ipairs { list[i].from, list[i].till } do
        if edge > at and whom(edge) ~= now then
          return edge
        end
      end
    end
  end
  return made, { zone = zone, minutes = {}, dates = {}, moments = moments }
end

return team_calendar
