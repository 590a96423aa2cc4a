-- team.lua: people, groups, opening hours and rotas as data, in files beside the rules.
--
--   team.read(text, country, taken?)  -> Team: what the files say, and all that is wrong with them
--   team.text(read, kind, entries)    -> the text of a file with other entries; comments stay
--   team.find(read, "people", "joe")  what a word gives; or nil, message
--
-- Each name is known once: a group or a rota names people, and rules name all of them.

local file_kind = require("calls.source.file_kind")
local hours = require("calls.hours.hours")
local mistake = require("calls.mistake")
local rota = require("calls.hours.rota")
local sections = require("calls.team.sections")
local targets = require("calls.plans.targets")
local team_away = require("calls.team.away")
local team_calendar = require("calls.team.calendar")
local team_fields = require("calls.team.fields")
local team_hours = require("calls.team.hours")
local team_people = require("calls.team.people")
local team_rota = require("calls.team.rota")

local team = {}

team.FILES = { people = "people.txt", groups = "groups.txt", hours = "hours.txt", oncall = "oncall.txt" }
team.KINDS = { "people", "groups", "hours", "oncall" }
team.MOST = { people = 500, groups = 200, hours = 100, oncall = 100 }

local OPTIONS = { people = { free = { name = true } }, groups = { flat = true }, oncall = {},
  hours = { free = { greeting = true } } }
local SHAPES = {
  people = "[joe], phone: +13035550142 or # a comment", groups = "crew: joe, ana or # a comment",
  hours = "[office], mon-fri: 08:00-17:00 or # a comment", oncall = "[nights], every: week or # a comment",
}
local LONGEST_ID = 60 -- bytes

---@class TeamProblem
---@field file string
---@field line integer
---@field entry string? the person, group, … it is about
---@field field string? as it is written in the file
---@field message string
---@field code string? where a form says it in its own words: web/src/pages/team/problems.js
---@field position integer? of the field among those of its name

---@class Team
---@field people TeamPerson[]
---@field groups TeamGroup[]
---@field hours TeamHours[]
---@field oncall TeamRota[]
---@field problems TeamProblem[]
---@field known (fun(name: string): any)? whom a name in a calendar means; there when a rota has a calendar
---@field warnings string[] "oncall.txt:1: …" each
---@field calendar Calendar[] of its hours and rotas
---@field made table<string, table<string, any>> what the words give, by kind and name
---@field documents table<string, DataDocument>

local function id_problem(id)
  if id == "" then
    return "a name is missing: write [joe]"
  elseif #id > LONGEST_ID then
    return ("a name has at most %d bytes"):format(LONGEST_ID)
  elseif not utf8.len(id) or id:find('[%c%[%]:,#"]') then
    return ('%s can\'t be a name: leave out [ ] : , # and quotes'):format(mistake.show(id))
  end
end

local function position_of(section, field)
  local position = 0
  for _, each in ipairs(section.fields) do
    if each.key:lower() == field.key:lower() then position = position + 1 end
    if each == field then
      return position
    end
  end
end

--- Sections in order, each with a function that tells what is wrong in it.
local function each_section(read, kind, text)
  local document, seen = sections.read(text, OPTIONS[kind]), {}
  local file, problems = team.FILES[kind], read.problems
  read.documents[kind] = document
  local kind_line, kind_message = file_kind.fault(text)
  if kind_line then
    problems[#problems + 1] = { file = file, line = kind_line, message = kind_message }
    return {}
  end
  for _, bad in ipairs(document.bad) do
    problems[#problems + 1] = { file = file, line = bad.line, message = bad.outside
      and ("this line belongs to nobody: begin with a name in brackets, such as %s"):format(SHAPES[kind])
      or ("can't read this line; write %s"):format(SHAPES[kind]) }
  end
  local list = {}
  for i, section in ipairs(document.list) do
    local function tell(where, message, code)
      local field = where.key
      problems[#problems + 1] = not team_fields.is_someone_else(document.bad, section, where, message) and {
        file = file, line = math.max(where.line, 1), field = field,
        entry = OPTIONS[kind].flat and field or section.name,
        message = OPTIONS[kind].flat and ("%s: %s"):format(field, message)
          or field and ("%s, %s: %s"):format(section.name, field, message)
          or ("%s: %s"):format(section.name, message),
        code = code, position = field and position_of(section, where) or nil,
      } or nil
    end
    for _, named in ipairs(OPTIONS[kind].flat and section.fields or { section }) do
      local id = named.key or named.name
      local message = id_problem(id)
        or seen[id] and ("%s is there twice, also on line %d"):format(mistake.show(id), seen[id])
      seen[id] = seen[id] or named.line
      if message then tell(named, message) end
    end
    list[i] = { section = section, tell = tell }
  end
  if #list > team.MOST[kind] then
    local message = ("at most %d entries"):format(team.MOST[kind])
    problems[#problems + 1] = { file = file, line = 1, message = message }
  end
  return list
end

local NOUNS = { people = "person", groups = "group", hours = "hours", oncall = "rota" }

--- What a name stands for in a file; nil and why not.
---@param read Team
---@param kind "people"|"groups"|"hours"|"oncall"
---@param name string
---@return any
---@return string? message
function team.find(read, kind, name)
  local made = read.made[kind][name]
  if made then
    return made
  end
  return nil, team_fields.without_commas(read.made[kind], name) or ("%s has no %s %s%s"):format(
    team.FILES[kind], NOUNS[kind], mistake.show(name), mistake.nearest(name, read.made[kind]))
end

--- By name: a person, or else a group.
local function whom(read, name)
  return read.made.people[name] or read.made.groups[name]
end

local function unknown(read, name)
  local known = {}
  for id in pairs(read.made.people) do known[id] = true end
  for id in pairs(read.made.groups) do known[id] = true end
  return team_fields.without_commas(known, name)
    or mistake.show(name) .. " isn't a person or group" .. mistake.nearest(name, known)
end

--- Whom a person's phones ring: with the first of them the browsers of the user.
local function rounds_of(person)
  local rounds, span = {}, person.away and team_away.span(person.away)
  for i, phone in ipairs(person.phones) do
    local pin = person.pin and phone.confirm or nil
    rounds[i] = { { phone = phone.number, confirm = phone.confirm, pin = pin, away = span } }
  end
  if person.user then
    rounds[1] = rounds[1] or {}
    table.insert(rounds[1], 1, { user = person.user, away = span })
  end
  return rounds
end

local READERS = {}

function READERS.people(read, part, country)
  local person = team_people.person(part.section, part.tell, country)
  read.people[#read.people + 1] = person
  read.made.people[person.id] = targets.person(person.id, person.name or person.id, rounds_of(person))
end

function READERS.groups(read, part)
  read.groups = team_people.groups(part.section, part.tell)
  local is_group = {}
  for _, group in ipairs(read.groups) do is_group[group.id] = true end
  for _, group in ipairs(read.groups) do
    local list, field = {}, group.field
    group.field = nil
    for _, name in ipairs(group.people) do
      list[#list + 1] = read.made.people[name]
      if not read.made.people[name] and not team_fields.partly_read(read.documents) then
        part.tell(field, is_group[name]
          and ("%s is a group, and a group lists people: write their names"):format(mistake.show(name))
          or select(2, team.find(read, "people", name)))
      end
    end
    if read.made.people[group.id] then
      part.tell(field, "a person in people.txt has this name, too", "same_name")
    end
    read.made.groups[group.id] = targets.group(list)
  end
end

--- Where a reader that has seen the whole section says that something is wrong.
local function place_of(section, message)
  for i = #section.fields, 1, -1 do
    if message:lower():find(section.fields[i].key:lower(), 1, true) then
      return section.fields[i]
    end
  end
  return section
end

function READERS.hours(read, part)
  local before = #read.problems
  local entry = team_hours.read(part.section, part.tell)
  read.hours[#read.hours + 1] = entry
  if #read.problems > before then
    return
  end
  local spec, off = team_hours.spec(entry)
  local made, message = team_fields.told(function() return { hours.new(spec, off) } end)
  if not made then
    part.tell(place_of(part.section, message), message)
    return
  end
  read.made.hours[entry.id], read.calendar[#read.calendar + 1] = made[1], made[2]
  read.greetings[entry.id] = entry.greeting
end

--- Whom a calendar means: by id, or by name, in any case.
local function by_name(read)
  local known = {}
  for _, person in ipairs(read.people) do
    for _, name in ipairs { person.user or person.id, person.name or person.id } do
      known[name:lower()] = read.made.people[person.id]
    end
  end
  -- In the order of the files: names may differ only in capitals.
  for _, person in ipairs(read.people) do known[person.id:lower()] = read.made.people[person.id] end
  for _, group in ipairs(read.groups) do known[group.id:lower()] = read.made.groups[group.id] end
  return function(name) return known[name:lower()] end
end

local MOST_WARNED = 5

--- A rota by a calendar, of which the host keeps the turns.
local function read_calendar(read, part, entry)
  local all, bad = read.kept()
  local list, who, told = all[entry.id] or {}, read.known or by_name(read), {}
  read.known = who
  for _, line in ipairs(bad) do
    read.problems[#read.problems + 1] = { file = team_calendar.FILE, line = line,
      message = "can't read this line; delete the file, and it is written again" }
  end
  for _, turn in ipairs(list) do
    if not told[turn.who] and not team_calendar.meant(who, turn.who) then
      told[turn.who], told[#told + 1] = true, turn.who
    end
  end
  for i = 1, math.min(#told, MOST_WARNED) do
    read.warnings[#read.warnings + 1] = ('%s:%d: %s: the calendar names "%s", who isn\'t in people.txt or '
      .. "groups.txt; %s is on call then"):format(team.FILES.oncall, part.section.line, entry.id, told[i],
      entry.otherwise)
  end
  read.made.oncall[entry.id], read.calendar[#read.calendar + 1] = team_calendar.new(list, who,
    whom(read, entry.otherwise), entry.zone)
end

function READERS.oncall(read, part, country)
  local before, section = #read.problems, part.section
  local entry = team_rota.read(section, part.tell)
  read.oncall[#read.oncall + 1] = entry
  local is_all, is_short = not team_fields.partly_read(read.documents), false
  local function check(name, field)
    local is_unknown = name ~= "" and not whom(read, name)
    is_short = is_short or is_unknown
    if is_unknown and is_all then part.tell(field, unknown(read, name), "unknown") end
  end
  for _, field in ipairs(section.fields) do
    if field.kind == "people" then
      for _, name in ipairs(entry.people) do check(name, field) end
    elseif field.kind:find("^date ") or field.kind == "otherwise" then
      check(field.value, field)
    end
  end
  if #read.problems > before or is_short then
    return
  end
  if entry.calendar then
    read_calendar(read, part, entry)
    return
  end
  local spec = team_rota.spec(entry, function(name) return whom(read, name) end)
  local made, message = team_fields.told(function() return { rota.new(spec, country) } end)
  if not made then
    part.tell(place_of(section, message), message)
    return
  end
  read.made.oncall[entry.id], read.calendar[#read.calendar + 1] = made[1], made[2]
end

--- All that is wrong, "people.txt:3: …" each.
---@param read Team
---@return string[]
function team.messages(read)
  local list = {}
  for i, problem in ipairs(read.problems) do
    list[i] = ("%s:%d: %s"):format(problem.file, problem.line, problem.message)
  end
  return list
end

---@param text fun(name: string): string? of a file beside the rules
---@param country string? of numbers written without one
---@param taken table<string, true>? files that the rules read as contacts: they are none of these
---@return Team
function team.read(text, country, taken)
  local read = {
    people = {}, groups = {}, hours = {}, oncall = {}, problems = {}, warnings = {}, calendar = {},
    documents = {}, greetings = {}, made = { people = {}, groups = {}, hours = {}, oncall = {} },
  }
  local turns, bad
  function read.kept()
    local again = turns and {} or nil -- what can't be read is reported once
    if not turns then turns, bad = team_calendar.read(text(team_calendar.FILE) or "") end
    return turns, again or bad
  end
  for _, kind in ipairs(team.KINDS) do
    local file = team.FILES[kind]
    for _, part in ipairs(each_section(read, kind, not (taken and taken[file]) and text(file) or "")) do
      READERS[kind](read, part, country)
    end
  end
  return read
end

local FIELDS = {
  people = team_people.person_fields, hours = team_hours.fields, oncall = team_rota.fields,
}

---@param read Team whose file of that kind can be read
---@param kind "people"|"groups"|"hours"|"oncall"
---@param entries table[]
---@return string
function team.text(read, kind, entries)
  local document, before, wanted = read.documents[kind], {}, {}
  if kind == "groups" then
    return sections.edited(document, { { name = "", fields = team_people.group_fields(entries) } })
  end
  for _, section in ipairs(document.list) do before[section.name] = section end
  for i, entry in ipairs(entries) do
    wanted[i] = { name = entry.id, fields = FIELDS[kind](entry, before[entry.id]) }
  end
  return sections.edited(document, wanted)
end

return team
