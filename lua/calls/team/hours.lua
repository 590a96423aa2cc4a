-- hours.lua: hours.txt: when the team is open.
--
--   team_hours.read(section, tell)         -> TeamHours; tell(field or section, message) what is wrong
--   team_hours.fields(entry, section?)     -> its lines, in place of those of a section
--   team_hours.spec(entry)                 -> what hours.new takes

local clock = require("calls.hours.clock")
local dates = require("calls.hours.dates")
local holidays = require("calls.hours.holidays")
local hours_reader = require("calls.hours.hours_reader")
local mistake = require("calls.mistake")
local team_fields = require("calls.team.fields")

local team_hours = {}

local DAYS = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" }
local MIDNIGHT = 24 * 60
local FIELDS = { zone = true, greeting = true, holidays = true, except = true }
local LONGEST_GREETING = 4000

---@class TeamHours
---@field id string
---@field zone string
---@field greeting string? what callers hear while it is closed
---@field week table<string, string[]> "mon" … "sun" -> { "08:00-17:00" }; none: closed
---@field holidays { place: string, except: string[] }?
---@field dates { date: string, ranges: string[] }[] none: closed

--- { { 480, 720 }, … } -> { "08:00-12:00" }
local function range_texts(ranges)
  local list = {}
  for i, range in ipairs(ranges) do
    local to = range[2] > MIDNIGHT and range[2] - MIDNIGHT or range[2]
    list[i] = clock.text(range[1]) .. "-" .. clock.text(to)
  end
  return list
end

local function ranges_value(list)
  local text = table.concat(list, ", ")
  return text == "" and "closed" or text == "00:00-24:00" and "24h" or text
end

--- { [1] = true, … } -> "mon-wed,fri"
local function days_text(days)
  local parts, day = {}, 1
  while day <= 7 do
    local last = day
    while days[day] and days[last + 1] do last = last + 1 end
    if days[day] then
      parts[#parts + 1] = last == day and DAYS[day] or last == day + 1 and DAYS[day] .. "," .. DAYS[last]
        or DAYS[day] .. "-" .. DAYS[last]
    end
    day = last + 1
  end
  return table.concat(parts, ",")
end

local function set_of(numbers)
  local days = {}
  for _, number in ipairs(numbers) do days[number] = true end
  return days
end

local function read_holidays(entry, field, tell)
  local place, message = holidays.place(field.value)
  if not place then
    tell(field, message)
    return
  end
  entry.holidays.place, field.meaning = place, place
end

--- The holiday of the section's place that a key names, perhaps without its last word, "Day".
---@return Holiday?
local function holiday_named(section, key)
  for _, field in ipairs(section.fields) do
    local place = field.key:lower() == "holidays" and holidays.place(field.value)
    for _, day in ipairs(place and holidays.of(place) or {}) do
      if (day.name:lower() .. " "):find(key:lower() .. " ", 1, true) == 1 then
        return day
      end
    end
  end
end

local function check_except(entry, field, tell)
  if not entry.holidays.place then
    tell(field, "except goes with a line such as holidays: US-CO")
    return
  end
  local known = {}
  for _, day in ipairs(holidays.of(entry.holidays.place)) do known[day.name] = true end
  for _, name in ipairs(entry.holidays.except) do
    if not known[name] then
      local meant = holiday_named(entry.section, name)
      tell(field, ("%s isn't a holiday of %s%s"):format(mistake.show(name), entry.holidays.place,
        meant and (' (did you mean "%s"?)'):format(meant.name) or mistake.nearest(name, known)))
    end
  end
end

local USE = "a date, zone, greeting, holidays, except"

--- The line of a weekday or of a date.
local function read_hours(entry, field, numbers, tell)
  entry.tried = true
  local date, why
  if not numbers then date, why = dates.read(field.key) end
  if not numbers and not date then
    local _, message = team_fields.told(hours_reader.refuse_key, field.key, why, USE)
    local meant = mistake.nearest(field.key:lower(), FIELDS)
    local holiday = holiday_named(entry.section, field.key)
    if field.key:lower() == "closed" then
      message = "each date has a line of its own, such as 12-25: closed"
    elseif meant ~= "" then
      message = ("hours have no field %s%s"):format(mistake.show(field.key), meant)
    elseif holiday then
      message = ("%s has no hours by its name: write its date, %s: %s"):format(holiday.name, holiday.dates[1],
        field.value)
    end
    tell(field, message)
    if meant == "" and hours_reader.has_times(field.key, field.value) then
      local read, unreadable = team_fields.told(hours_reader.ranges, field.value, field.key)
      if not read then tell(field, unreadable) end
    end
    return
  end
  local ranges, message = team_fields.told(hours_reader.ranges, field.value, field.key)
  if not ranges then
    tell(field, message)
    return
  end
  local texts = range_texts(ranges)
  field.meaning = ranges_value(texts)
  if date then
    field.kind = "date " .. team_fields.date(field.key)
    entry.dates[#entry.dates + 1] = { date = team_fields.date(field.key), ranges = texts }
    return
  end
  field.kind = "days " .. days_text(set_of(numbers))
  for _, number in ipairs(numbers) do
    if entry.given[number] then
      tell(field, ("%s is there twice, also on line %d"):format(DAYS[number], entry.given[number]))
    end
    entry.given[number], entry.week[DAYS[number]] = field.line, texts
  end
end

local function read_hours_field(entry, field, seen, tell)
  local key = field.key:lower()
  local numbers = hours_reader.days(field.key)
  field.kind, field.meaning = key, field.value
  if field.value == "" then
    tell(field, ("%s is empty: fill it in, or delete the line"):format(field.key))
  elseif numbers or not FIELDS[key] then
    read_hours(entry, field, numbers, tell)
  elseif key == "zone" then
    team_fields.zone(entry, field, tell)
  elseif key == "holidays" then
    read_holidays(entry, field, tell)
  elseif key == "greeting" then
    entry.greeting = field.value
    if #field.value > LONGEST_GREETING then
      tell(field, ("greeting: at most %d bytes"):format(LONGEST_GREETING))
    end
  else
    entry.holidays.except = team_fields.names(field.value)
    entry.except_field = field
    field.meaning = table.concat(entry.holidays.except, ", ")
  end
  team_fields.once(seen, field, tell)
end

---@param section DataSection
---@param tell fun(where: DataField|DataSection, message: string, code: string?)
---@return TeamHours
function team_hours.read(section, tell)
  local entry = { id = section.name, week = {}, dates = {}, holidays = { except = {} }, given = {},
    section = section }
  local seen = {}
  for _, day in ipairs(DAYS) do entry.week[day] = {} end
  for _, field in ipairs(section.fields) do read_hours_field(entry, field, seen, tell) end
  if entry.except_field then check_except(entry, entry.except_field, tell) end
  if not entry.zone then
    tell(section, "zone is missing: add a line such as zone: America/Denver")
  end
  if not entry.tried then
    tell(section, "no hours: add a line such as mon-fri: 08:00-17:00", "no_hours")
  end
  if not entry.holidays.place then entry.holidays = nil end
  entry.given, entry.except_field, entry.tried, entry.section = nil, nil, nil, nil
  return entry
end

--- The week as lines: days that stand on one line and still have the same hours stay together, the others
--- are told in runs. A day off has a line where it had one.
local function week_fields(entry, section)
  local list, left, lines = {}, {}, {}
  for number = 1, 7 do left[number] = ranges_value(entry.week[DAYS[number]]) end
  for _, field in ipairs(section and section.fields or {}) do
    local numbers, same = hours_reader.days(field.key), true
    for _, number in ipairs(numbers or {}) do same = same and left[number] == left[numbers[1]] end
    if numbers and same and left[numbers[1]] then
      lines[#lines + 1] = {
        days = set_of(numbers), value = left[numbers[1]], first = math.min(table.unpack(numbers)),
      }
      for _, number in ipairs(numbers) do left[number] = nil end
    end
  end
  local number = 1
  while number <= 7 do
    local last = number
    while left[number] and left[last + 1] == left[number] do last = last + 1 end
    if left[number] and left[number] ~= "closed" then
      local days = {}
      for day = number, last do days[day] = true end
      lines[#lines + 1] = { days = days, value = left[number], first = number }
    end
    number = last + 1
  end
  table.sort(lines, function(a, b) return a.first < b.first end)
  for i, line in ipairs(lines) do
    local text = days_text(line.days)
    list[i] = { key = text, value = line.value, kind = "days " .. text }
  end
  return list
end

---@param entry TeamHours
---@param section DataSection? as it was, with the meaning of its fields
---@return WantedField[]
function team_hours.fields(entry, section)
  local list = { { key = "zone", value = entry.zone } }
  if entry.greeting then list[#list + 1] = { key = "greeting", value = entry.greeting } end
  local week = week_fields(entry, section)
  table.move(week, 1, #week, #list + 1, list)
  if entry.holidays then
    list[#list + 1] = { key = "holidays", value = entry.holidays.place }
    if #entry.holidays.except > 0 then
      list[#list + 1] = { key = "except", value = table.concat(entry.holidays.except, ", ") }
    end
  end
  for _, day in ipairs(entry.dates) do
    list[#list + 1] = {
      key = day.date, value = ranges_value(day.ranges), kind = "date " .. team_fields.date(day.date),
    }
  end
  return list
end

---@param entry TeamHours
---@return table spec of hours.new
---@return { date: string, name: string }[] days off, which count less than any date of the spec
function team_hours.spec(entry)
  local spec, off, except = { zone = entry.zone }, {}, {}
  for _, day in ipairs(DAYS) do spec[day] = ranges_value(entry.week[day]) end
  for _, day in ipairs(entry.dates) do spec[day.date] = ranges_value(day.ranges) end
  for _, name in ipairs(entry.holidays and entry.holidays.except or {}) do except[name] = true end
  for _, day in ipairs(entry.holidays and holidays.of(entry.holidays.place) or {}) do
    for _, date in ipairs(except[day.name] and {} or day.dates) do
      off[#off + 1] = { date = date, name = day.name }
    end
  end
  return spec, off
end

return team_hours
