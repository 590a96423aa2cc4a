-- rota.lua: oncall.txt: whose turn it is, or which calendar says so.
--
--   team_rota.read(section, tell)    -> TeamRota; tell(field or section, message) what is wrong
--   team_rota.fields(entry)          -> its lines
--   team_rota.spec(entry, whom)      -> what rota.new takes; whom(name) is a person or a group

local clock = require("calls.hours.clock")
local dates = require("calls.hours.dates")
local mistake = require("calls.mistake")
local team_fields = require("calls.team.fields")

local team_rota = {}

local MIDNIGHT = 24 * 60
-- What other systems call a field.
local MEANT = { start = "from", starts = "from", begin = "from", begins = "from", since = "from",
  first = "from", rotation = "every", interval = "every", frequency = "every", members = "people",
  persons = "people", team = "people", who = "people", timezone = "zone", tz = "zone", ics = "calendar" }
local FIELDS = { zone = true, every = true, from = true, people = true, calendar = true, otherwise = true }
local TURNS = { day = 1, week = 7 }
local MOST_DAYS = 366
local LONGEST_ADDRESS = 1000

---@class TeamRota
---@field id string
---@field zone string
---@field every string? "week", "day", "14 days"
---@field from string? "2026-01-05 08:00"
---@field people string[] of people.txt or groups.txt
---@field calendar string? address of an iCalendar file, or name of one beside the rules, in place of turns
---@field otherwise string? who is on call when the calendar names nobody
---@field swaps { date: string, person: string }[]

--- "2 weeks" -> 14
local function days_of(text)
  local count, unit = text:lower():match("^(%d*)%s*(%a+)$")
  unit = unit and unit:gsub("s$", "")
  local days = TURNS[unit] and (math.tointeger(tonumber(count)) or count == "" and 1)
  days = days and days * TURNS[unit]
  return days and days >= 1 and days <= MOST_DAYS and days or nil
end

local function every_text(days)
  return days == 1 and "day" or days == 7 and "week" or days .. " days"
end

local function read_swap(entry, field, tell)
  local date, why = dates.read(field.key)
  if not date then
    local key = field.key:lower()
    local meant = MEANT[key] and (": write %s"):format(MEANT[key]) or mistake.nearest(key, FIELDS)
    if dates.read(field.value) then
      why = ("the date comes first: write %s: %s"):format(field.value, field.key)
    end
    tell(field, meant ~= "" and ("a rota has no field %s%s"):format(mistake.show(field.key), meant) or why)
    return
  end
  field.kind = "date " .. team_fields.date(field.key)
  entry.swaps[#entry.swaps + 1] = { date = team_fields.date(field.key), person = field.value }
end

local function read_calendar(entry, field, tell)
  local value = field.value:gsub("^%a+://", string.lower):gsub("^webcals?://", "https://")
  entry.calendar, field.meaning = value, value
  if #value > LONGEST_ADDRESS then
    tell(field, ("an address has at most %d bytes"):format(LONGEST_ADDRESS))
  elseif not value:find("^https?://[^%s/]+/?%S*$") and not value:find("^[%w_-][%w_.-]*%.ics$") then
    tell(field, ("can't read %s; write the address of a calendar, https://…, or the name of a file such as "
      .. "nights.ics"):format(mistake.show(field.value)))
  end
end

local function read_rota_field(entry, field, seen, tell)
  local key = field.key:lower()
  field.kind, field.meaning = key, field.value
  if field.value == "" then
    tell(field, ("%s is empty: fill it in, or delete the line"):format(field.key))
  elseif key == "zone" then
    team_fields.zone(entry, field, tell)
  elseif key == "every" then
    local days = days_of(field.value)
    if not days then
      tell(field, ('can\'t read %s; write week, day or 14 days'):format(mistake.show(field.value)))
    end
    entry.every = days and every_text(days)
    field.meaning = entry.every
  elseif key == "from" then
    local date, time = field.value:match("^(%d%d%d%d%-%d%d%-%d%d)[ T]+(.+)$")
    local minutes = time and clock.minutes(time)
    if not minutes or minutes >= MIDNIGHT or not dates.read(date) then
      tell(field, ("can't read %s as date and time of the first hand-over; write 2026-01-05 08:00"):format(
        mistake.show(field.value)))
    else
      field.meaning = date .. " " .. clock.text(minutes)
    end
    entry.from = field.meaning
  elseif key == "people" then
    entry.people = team_fields.names(field.value)
    field.meaning = table.concat(entry.people, ", ")
  elseif key == "calendar" then
    read_calendar(entry, field, tell)
  elseif key == "otherwise" then
    entry.otherwise = field.value
  else
    read_swap(entry, field, tell)
  end
  team_fields.once(seen, field, tell)
end

local EXAMPLES = { zone = "America/Denver", every = "week", from = "2026-01-05 08:00", people = "joe, ana",
  otherwise = "joe" }
local OF_TURNS, OF_CALENDARS = { "zone", "every", "from", "people" }, { "zone", "otherwise" }

--- Turns and a calendar exclude each other.
local function check_kind(section, entry, tell)
  for _, field in ipairs(section.fields) do
    local is_other = field.kind == "otherwise"
    if entry.calendar and field.kind ~= "calendar" and field.kind ~= "zone" and not is_other then
      tell(field, "the calendar says who is on call: a rota with a calendar has zone, calendar and otherwise")
    elseif is_other and not entry.calendar then
      tell(field, "otherwise goes with a calendar")
    end
  end
end

---@param section DataSection
---@param tell fun(where: DataField|DataSection, message: string, code: string?)
---@return TeamRota
function team_rota.read(section, tell)
  local entry, seen = { id = section.name, people = {}, swaps = {} }, {}
  for _, field in ipairs(section.fields) do read_rota_field(entry, field, seen, tell) end
  check_kind(section, entry, tell)
  for _, key in ipairs(entry.calendar and OF_CALENDARS or OF_TURNS) do
    if not seen[key] then
      tell(section, ("%s is missing: add a line such as %s: %s"):format(key, key, EXAMPLES[key]),
        "no_" .. key)
    end
  end
  return entry
end

---@param entry TeamRota
---@return WantedField[]
function team_rota.fields(entry)
  local list, people = {}, #entry.people > 0 and table.concat(entry.people, ", ") or nil
  for _, key in ipairs { "zone", "calendar", "otherwise", "every", "from", "people" } do
    local value = key == "people" and people or key ~= "people" and entry[key] or nil
    if value then list[#list + 1] = { key = key, value = value } end
  end
  for _, swap in ipairs(entry.swaps) do
    list[#list + 1] = { key = swap.date, value = swap.person, kind = "date " .. team_fields.date(swap.date) }
  end
  return list
end

---@param entry TeamRota
---@param whom fun(name: string): any what ring takes
---@return table spec of rota.new
function team_rota.spec(entry, whom)
  local days = days_of(entry.every)
  local spec = { zone = entry.zone, every = { days = days }, from = entry.from }
  for i, name in ipairs(entry.people) do spec[i] = whom(name) end
  for _, swap in ipairs(entry.swaps) do spec[swap.date] = whom(swap.person) end
  return spec
end

return team_rota
