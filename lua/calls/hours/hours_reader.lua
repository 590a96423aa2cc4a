-- hours_reader.lua: reads hours { … }: days, dates and their ranges.
--
--   hours_reader.read(spec)            -> days, dated; raises at the author's line
--   hours_reader.days("mon-fri")       -> { 1, 2, 3, 4, 5 }, or nil when it names no days
--   hours_reader.ranges(value, key)    -> { { 480, 720 }, … } of "08:00-12:00"
--   hours_reader.refuse_key(key, why, use?)  raises for a key that names neither days nor a date
--   hours_reader.has_times(key, value) is the value of such a key to be read, too?

local clock = require("calls.hours.clock")
local dates = require("calls.hours.dates")
local feasts = require("calls.hours.feasts")
local mistake = require("calls.mistake")
local zone_names = require("calls.zone_names")

local MIDNIGHT = 24 * 60
local LAST_MINUTE = MIDNIGHT - 1

local hours_reader = {}

--- "8", "8.30", "8h30", "0830": a time as it should be written.
local function meant_time(text)
  local hour, minute = text:match("^(%d%d?)[.h ]?(%d?%d?)$")
  local guess = hour and ("%02d:%s"):format(math.tointeger(hour), minute ~= "" and minute or "00")
  return guess and clock.minutes(guess) and guess
end

local function minutes(text, whole)
  local read = clock.minutes(text)
  local meant = not read and meant_time(text)
  if meant then
    mistake(("hours: can't read %s in %s as a time; write %s"):format(mistake.show(text), mistake.show(whole),
      meant))
  elseif not read then
    mistake(("hours: can't read %s in %s as a time; try 07:00-17:30 or 7am-5:30pm")
      :format(mistake.show(text), mistake.show(whole)))
  end
  return read
end

--- A time, or a word for one; `midnight` is what that word means here.
local function moment(text, whole, midnight)
  local word = text:lower()
  if word == "noon" then
    return MIDNIGHT // 2
  elseif word == "midnight" then
    return midnight
  end
  return minutes(text, whole)
end

local CLOSES = { ["until"] = true, till = true, to = true, before = true, closes = true, closed = true,
  close = true, bis = true, hasta = true, ends = true }
local OPENS = { from = true, after = true, opens = true, open = true, ab = true, desde = true, since = true }

-- Words between two ranges.
local AND = { ["and"] = "", ["und"] = "", ["y"] = "", ["et"] = "" }

--- "until 12:00", "-12:00", "opens at 13:00": one time of two.
local function refuse_half(part, from, to)
  local one = part:lower():gsub("noon%s*$", "12"):gsub("midnight%s*$", "24")
  local word = one:match("^%s*(%a+)[%a ]*%d[%d:.]*%s*[ap]?m?%s*$")
  if CLOSES[word] or from == "" and to ~= "" then
    mistake(("hours: %s doesn't say when it opens: write both times, such as 08:00-12:00")
      :format(mistake.show(part)))
  elseif OPENS[word] or to == "" and from ~= "" then
    mistake(("hours: %s doesn't say when it closes: write both times, such as 13:00-17:30")
      :format(mistake.show(part)))
  end
end

--- Hours alone, as people write them: "9", "5" -> "09:00-17:00".
local function whole_hours(first, last)
  first, last = math.tointeger(tonumber(first)), math.tointeger(tonumber(last))
  if not first or not last or first > 24 or last > 24 then
    return nil
  end
  return ("%02d:00-%02d:00"):format(first, last < first and last <= 12 and last + 12 or last)
end

--- "08:00-12:00" -> { 480, 720 }; the end may be past MIDNIGHT.
local function range(part)
  local digits = part:lower():gsub("[ap]m", ""):gsub("%f[%a]%a+%f[%A]", AND)
  if digits:find("%d%s*[-–]%s*%d.*%d%s*[-–]%s*%d") and not digits:find("%a") or part:find(";", 1, true) then
    mistake(("hours: %s is more than one range: put commas between them"):format(mistake.show(part)))
  end
  local from, to = part:gsub("–", "-"):match("^%s*(.-)%s*%-%s*(.-)%s*$")
  refuse_half(part, from, to)
  if not from then
    local first, last = part:match("^%s*(%d%S*)%s+[%a.]+%s+(%d%S*)%s*$")
    mistake(("hours: %s isn't a range: write %s"):format(mistake.show(part),
      first and (whole_hours(first, last) or first .. "-" .. last) or "07:00-17:30"))
  elseif whole_hours(from, to) then
    mistake(("hours: %s isn't a range: write %s"):format(mistake.show(part), whole_hours(from, to)))
  end
  from, to = moment(from, part, 0), moment(to, part, MIDNIGHT)
  if from == to then
    mistake(("hours: %s is empty; for all day write 24h"):format(mistake.show(part)))
  elseif from == MIDNIGHT then
    mistake(("hours: %s begins at 24:00, which is the next day's 00:00"):format(mistake.show(part)))
  elseif to == LAST_MINUTE then
    mistake(("hours: %s closes a minute before midnight; did you mean %s-24:00?"):format(mistake.show(part),
      clock.text(from)))
  end
  return { from, to < from and to + MIDNIGHT or to }
end

--- The parts of "08:00-12:00, 13:00-17:00", or of a list of such texts.
local function parts_of(value, key)
  local parts = {}
  local function add(text)
    if type(text) ~= "string" then
      mistake(("hours: %s needs a text such as \"07:00-17:30\", not %s"):format(key, mistake.show(text)))
    end
    if text:find("^%s*%d%d?,%d%d%s*[-–]+%s*%d%d?[,:]%d%d%s*$") then
      mistake(("hours: %s isn't a range: write %s"):format(mistake.show(text),
        (text:gsub(",", ":"):gsub("%f[%d]%d:", "0%0"))))
    end
    for part in text:gmatch("[^,]+") do parts[#parts + 1] = part end
  end
  if type(value) ~= "table" then
    add(value)
    return parts
  end
  local count = 0
  for name in pairs(value) do
    if type(name) == "string" then
      mistake(('hours: a range is a text, such as "08:00-17:00", and has no %s'):format(mistake.show(name)))
    end
    count = count + 1
  end
  for i = 1, count do add(value[i]) end
  return parts
end

--- "08:00-12:00, 13:00-17:00" -> { { 480, 720 }, { 780, 1020 } }.
function hours_reader.ranges(value, key)
  local list = {}
  local parts = parts_of(value, key)
  local word = #parts == 1 and parts[1]:lower():match("^%s*(.-)%s*$")
  if word == "24h" then
    return { { 0, MIDNIGHT } }
  elseif word == "closed" then
    return list
  end
  for i, part in ipairs(parts) do list[i] = range(part) end
  if #list == 0 then mistake(("hours: %s has no range; for a day off write closed"):format(key)) end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  for i = 2, #list do
    if list[i][1] < list[i - 1][2] then mistake(("hours: the ranges of %s overlap"):format(key)) end
  end
  return list
end

--- "mon-fri", "Saturday", "mon,wed" -> { 1, 2, 3, 4, 5 }, or nil if it doesn't name days.
function hours_reader.days(key)
  local list = {}
  for part in key:gsub("–", "-"):gmatch("[^,]+") do
    local first, last = part:match("^%s*(%a+)%s*%-%s*(%a+)%s*$")
    first = first or part:match("^%s*(%a+)%s*$")
    local from = first and dates.weekday(first)
    local to = last and dates.weekday(last) or not last and from
    if not from or not to then
      return nil
    end
    list[#list + 1] = from
    while from ~= to do
      from = from % 7 + 1
      list[#list + 1] = from
    end
  end
  return #list > 0 and list or nil
end

local KNOWN = {
  zone = true, closed = true, mon = true, tue = true, wed = true, thu = true, fri = true, sat = true,
  sun = true, ["mon-fri"] = true, ["sat-sun"] = true,
}

local MEANT = { daily = "mon-sun", everyday = "mon-sun", ["every day"] = "mon-sun", all = "mon-sun",
  always = "mon-sun", week = "mon-fri", weekday = "mon-fri", weekdays = "mon-fri", workdays = "mon-fri",
  weekend = "sat-sun", weekends = "sat-sun", holidays = "closed", holiday = "closed", closed_on = "closed",
  except = "closed", vacation = "closed" }

-- Days of other languages, and what stands between two.
local DAYS = {}
for list in ([[mon monday montag mo lunes lundi lun lunedì lunedi segunda seg maandag ma
  | tue tuesday tues dienstag di martes mardi mar martedì martedi terça terca ter dinsdag
  | wed wednesday weds mittwoch mi miércoles miercoles mié mie mercredi mer mercoledì mercoledi quarta
    woensdag wo
  | thu thursday thur thurs donnerstag do jueves jue jeudi jeu giovedì giovedi gio quinta qui
    donderdag
  | fri friday freitag fr viernes vie vendredi ven venerdì venerdi sexta sex vrijdag vr
  | sat saturday samstag sonnabend sa sábado sabado sáb sab samedi sam sabato zaterdag za
  | sun sunday sonntag so domingo dimanche dim dom domenica zondag zo]]):gmatch("[^|]+") do
  local day = list:match("%a+")
  for word in list:gmatch("%S+") do DAYS[word] = day end
end
local BETWEEN = { to = "-", through = "-", thru = "-", bis = "-", a = "-", au = "-", al = "-",
  ["until"] = "-", ["and"] = ",", ["und"] = ",", y = ",", et = "," }

--- "Mo-Fr", "monday to friday", "lunes a viernes" as they are written here; nil when it isn't such.
local function days_meant(text)
  local known = true
  local meant = text:lower():gsub("[^%s%-–,&.]+", function(word)
    known = known and (DAYS[word] or BETWEEN[word]) ~= nil
    return DAYS[word] or BETWEEN[word]
  end)
  meant = meant:gsub("–", "-"):gsub("[&]", ","):gsub("[.%s]+", "")
  return known and meant:find("^%a%a%a[%a,-]*$") and meant or nil
end

--- "mon-tue-thu" as its days; empty if there is anything else in it.
local function weekdays_of(text)
  local list = {}
  for word in text:gmatch("[^-]+") do
    if not dates.weekday(word) then
      return {}
    end
    list[#list + 1] = word
  end
  return list
end

--- A key that is neither days nor a date; `use`: what else may stand there.
function hours_reader.refuse_key(key, why, use)
  local text = type(key) == "string" and key or ""
  local words = {}
  for word in text:gmatch("%S+") do words[#words + 1] = dates.weekday(word) and word or nil end
  if #words > 1 and table.concat(words, " ") == text:gsub("%s+", " ") then
    mistake(("hours: %s needs a comma or a hyphen: write %s or %s"):format(mistake.show(key),
      table.concat(words, ","), words[1] .. "-" .. words[#words]))
  elseif select(2, text:gsub("%a+%-", "")) > 1 and #weekdays_of(text) > 2 then
    local all = weekdays_of(text)
    mistake(("hours: %s: a range has a first and a last day: write %s or %s"):format(mistake.show(key),
      table.concat(all, ","), all[1] .. "-" .. all[#all]))
  elseif feasts.meant(text) then
    mistake(("hours: unknown day %s: write %s"):format(mistake.show(key), feasts.meant(text)))
  elseif text:find("%d") or text:find("easter", 1, true) then
    mistake("hours: " .. why)
  elseif MEANT[text:lower()] or days_meant(text) then
    mistake(("hours: unknown day %s: write %s"):format(mistake.show(key),
      MEANT[text:lower()] or days_meant(text)))
  elseif math.type(key) == "integer" then
    mistake('hours: ranges need their days, such as ["mon-fri"] = "07:00-17:30"')
  end
  mistake(("hours: unknown day %s%s: use mon tue wed thu fri sat sun, mon-fri, %s")
    :format(mistake.show(key), mistake.nearest(key, KNOWN), use or "a date, zone, closed"))
end

--- Is a key that can't be read meant for days or a date, and its value for times? Then the value is to be
--- read as well.
function hours_reader.has_times(key, value)
  local text = type(key) == "string" and key:lower() or ""
  local meant = MEANT[text] or days_meant(text) or mistake.nearest(text, KNOWN)
  local is_day = meant ~= "" and not meant:find("closed") and not meant:find("zone") or text:find("%d")
    or text:find("easter", 1, true)
  for word in text:gmatch("%a+") do is_day = is_day or dates.weekday(word) end
  return is_day and type(value) == "string" and value:find("^%s*%d%d?%D") ~= nil
end

local function refuse_twice(one, other)
  if one < other then one, other = other, one end -- the same message in whatever order they are read
  mistake(("hours: %q names a day that %q has named already"):format(one, other))
end

local function same_ranges(a, b)
  for i = 1, math.max(#a, #b) do
    if not a[i] or not b[i] or a[i][1] ~= b[i][1] or a[i][2] ~= b[i][2] then
      return false
    end
  end
  return true
end

--- Refuse two dates of the same rank on one day: it isn't clear which is meant.
local function refuse_conflicts(dated)
  for i, one in ipairs(dated) do
    for k = i + 1, #dated do
      local other = dated[k]
      local day = not same_ranges(one.ranges, other.ranges) and dates.conflict(one.spec, other.spec)
      if day then mistake(("hours: %s and %s both name %s"):format(one.key, other.key, day)) end
    end
  end
end

local function add_closed(dated, list)
  if type(list) == "string" then list = { list } end
  if list ~= nil and type(list) ~= "table" then
    mistake('closed needs a list of dates: { "12-25", "2026-07-03" }')
  end
  local count = 0
  for _ in pairs(list or {}) do count = count + 1 end
  local function add(text)
    local spec, why = nil, ("%s isn't a date: write 12-25 or 2026-07-03"):format(mistake.show(text))
    if type(text) == "string" then spec, why = dates.read(text) end
    if not spec then mistake("closed: " .. why) end
    dated[#dated + 1] = { spec = spec, key = ('closed "%s"'):format(text), ranges = {} }
  end
  for i = 1, count do mistake.apart(add, list[i]) end
end

--- The ranges of each weekday, and the dates with their own, by precedence.
---@param spec table
---@return integer[][][] days
---@return { spec: DateSpec, key: string, ranges: integer[][] }[] dated
function hours_reader.read(spec)
  local days, dated, given, fine = { {}, {}, {}, {}, {}, {}, {} }, {}, {}, true
  local function read(key, value)
    local numbers = type(key) == "string" and hours_reader.days(key)
    local date, why
    if type(key) == "string" and not numbers then date, why = dates.read(key) end
    if numbers then
      local list = hours_reader.ranges(value, key)
      for _, day in ipairs(numbers) do
        if given[day] then refuse_twice(key, given[day]) end
        given[day], days[day] = key, list
      end
    elseif date then
      local list = hours_reader.ranges(value, key)
      dated[#dated + 1] = { spec = date, key = ('"%s"'):format(key), ranges = list }
    elseif key ~= "zone" and key ~= "closed" and key ~= zone_names.misspelt(spec) then
      fine = mistake.apart(hours_reader.refuse_key, key, why)
      if hours_reader.has_times(key, value) then hours_reader.ranges(value, key) end
    end
  end
  for key, value in pairs(spec) do fine = mistake.apart(read, key, value) and fine end
  if fine and not next(given) and #dated == 0 then
    mistake('hours: no day is given: ["mon-fri"] = "07:00-17:30"')
  end
  add_closed(dated, spec.closed)
  dates.sort(dated)
  refuse_conflicts(dated)
  return days, dated
end

return hours_reader
