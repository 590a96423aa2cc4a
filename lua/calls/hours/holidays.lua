-- holidays.lua: the public holidays of countries and their states, by name.
--
--   holidays.place("Germany, Bayern")   "DE-BY"; or nil and what is wrong
--   holidays.of("DE-BY")                -> { name =, dates = { … } }[], dates as dates.lua reads them
--   holidays.places()                   -> { code =, name = }[]
--
-- Days that are holidays by law in the whole country or state. A day that stands in for one
-- at a weekend is a date of it, too.

local mistake = require("calls.mistake")

local holidays = {}

-- A line is a holiday: its name, and its dates. A state has what its country has, and what is behind a plus;
-- without what is behind a minus. A line that begins with a blank goes on with the one before.
local COUNTRIES = {
  US = { name = "United States", days = [[
New Year's Day: 01-01; 01-01 if sun then next mon; 01-01 if sat then previous fri
Martin Luther King Jr. Day: 3rd mon jan
Presidents' Day: 3rd mon feb
Memorial Day: last mon may
Juneteenth: 06-19; 06-19 if sun then next mon; 06-19 if sat then previous fri
Independence Day: 07-04; 07-04 if sun then next mon; 07-04 if sat then previous fri
Labor Day: 1st mon sep
Columbus Day: 2nd mon oct
Veterans Day: 11-11; 11-11 if sun then next mon; 11-11 if sat then previous fri
Thanksgiving Day: 4th thu nov
Christmas Day: 12-25; 12-25 if sun then next mon; 12-25 if sat then previous fri]], states = [[
AL Alabama
AK Alaska + Seward's Day: last mon mar + Alaska Day: 10-18 - Columbus Day
AZ Arizona
AR Arkansas + Christmas Eve: 12-24
CA California + César Chávez Day: 03-31 + Day after Thanksgiving: 4th thu nov+1 - Columbus Day
CO Colorado + Frances Xavier Cabrini Day: 1st mon oct - Columbus Day
CT Connecticut + Lincoln's Birthday: 02-12 + Good Friday: easter-2
DE Delaware + Good Friday: easter-2 + Day after Thanksgiving: 4th thu nov+1 - Presidents' Day - Columbus Day
DC District of Columbia + Emancipation Day: 04-16
FL Florida + Day after Thanksgiving: 4th thu nov+1
GA Georgia + Day after Thanksgiving: 4th thu nov+1
HI Hawaii + Prince Kuhio Day: 03-26 + Good Friday: easter-2 + Kamehameha Day: 06-11
  + Statehood Day: 3rd fri aug - Columbus Day
ID Idaho
IL Illinois + Lincoln's Birthday: 02-12
IN Indiana + Good Friday: easter-2 + Day after Thanksgiving: 4th thu nov+1
IA Iowa + Day after Thanksgiving: 4th thu nov+1
KS Kansas
KY Kentucky + Christmas Eve: 12-24 + New Year's Eve: 12-31 + Good Friday: easter-2
  + Day after Thanksgiving: 4th thu nov+1
LA Louisiana + Mardi Gras: easter-47 + Good Friday: easter-2
ME Maine + Patriots' Day: 3rd mon apr
MD Maryland + Day after Thanksgiving: 4th thu nov+1
MA Massachusetts + Patriots' Day: 3rd mon apr
MI Michigan + Christmas Eve: 12-24 + New Year's Eve: 12-31 + Day after Thanksgiving: 4th thu nov+1
MN Minnesota + Day after Thanksgiving: 4th thu nov+1
MS Mississippi
MO Missouri + Lincoln's Birthday: 02-12 + Truman Day: 05-08
MT Montana
NE Nebraska + Arbor Day: last fri apr + Day after Thanksgiving: 4th thu nov+1
NV Nevada + Nevada Day: last fri oct + Family Day: 4th thu nov+1
NH New Hampshire + Day after Thanksgiving: 4th thu nov+1
NJ New Jersey + Good Friday: easter-2
NM New Mexico + Day after Thanksgiving: 4th thu nov+1
NY New York + Lincoln's Birthday: 02-12
NC North Carolina + Good Friday: easter-2 + Day after Thanksgiving: 4th thu nov+1
ND North Dakota
OH Ohio
OK Oklahoma + Day after Thanksgiving: 4th thu nov+1
OR Oregon
PA Pennsylvania + Day after Thanksgiving: 4th thu nov+1
RI Rhode Island + Victory Day: 2nd mon aug
SC South Carolina + Day after Thanksgiving: 4th thu nov+1 + Day after Christmas: 12-26
SD South Dakota
TN Tennessee + Good Friday: easter-2 + Christmas Eve: 12-24
TX Texas + Day after Thanksgiving: 4th thu nov+1 + Christmas Eve: 12-24 + Day after Christmas: 12-26
UT Utah + Pioneer Day: 07-24
VT Vermont + Town Meeting Day: 1st tue mar + Bennington Battle Day: 08-16
VA Virginia + Day after Thanksgiving: 4th thu nov+1
WA Washington + Day after Thanksgiving: 4th thu nov+1
WV West Virginia + West Virginia Day: 06-20 + Day after Thanksgiving: 4th thu nov+1
WI Wisconsin
WY Wyoming]] },
  CA = { name = "Canada", days = [[
New Year's Day: 01-01
Good Friday: easter-2
Canada Day: 07-01
Labour Day: 1st mon sep
Christmas Day: 12-25]], states = [[
AB Alberta + Family Day: 3rd mon feb + Victoria Day: mon before 05-25 + Thanksgiving: 2nd mon oct
  + Remembrance Day: 11-11
BC British Columbia + Family Day: 3rd mon feb + Victoria Day: mon before 05-25
  + British Columbia Day: 1st mon aug + Truth and Reconciliation: 09-30 + Thanksgiving: 2nd mon oct
  + Remembrance Day: 11-11
MB Manitoba + Louis Riel Day: 3rd mon feb + Victoria Day: mon before 05-25
  + Truth and Reconciliation: 09-30 + Thanksgiving: 2nd mon oct
NB New Brunswick + Family Day: 3rd mon feb + New Brunswick Day: 1st mon aug + Remembrance Day: 11-11
NL Newfoundland and Labrador + Remembrance Day: 11-11
NS Nova Scotia + Heritage Day: 3rd mon feb + Remembrance Day: 11-11
ON Ontario + Family Day: 3rd mon feb + Victoria Day: mon before 05-25 + Thanksgiving: 2nd mon oct
  + Boxing Day: 12-26
PE Prince Edward Island + Islander Day: 3rd mon feb + Truth and Reconciliation: 09-30 + Remembrance Day: 11-11
QC Quebec + National Patriots' Day: mon before 05-25 + Saint-Jean-Baptiste: 06-24 + Thanksgiving: 2nd mon oct
SK Saskatchewan + Family Day: 3rd mon feb + Victoria Day: mon before 05-25 + Saskatchewan Day: 1st mon aug
  + Thanksgiving: 2nd mon oct + Remembrance Day: 11-11]] },
  GB = { name = "United Kingdom", days = [[
New Year's Day: 01-01; 01-01 if sat,sun then next mon
Good Friday: easter-2
Early May bank holiday: 1st mon may
Spring bank holiday: last mon may
Christmas Day: 12-25; 12-25 if sat then next mon; 12-25 if sun then next tue
Boxing Day: 12-26; 12-26 if sat then next mon; 12-26 if sun then next tue]], states = [[
ENG England + Easter Monday: easter+1 + Summer bank holiday: last mon aug
WLS Wales + Easter Monday: easter+1 + Summer bank holiday: last mon aug
SCT Scotland + 2 January: 01-02; 01-02 if sat then next mon; 01-02 if sun then next tue
  + Summer bank holiday: 1st mon aug + St Andrew's Day: 11-30; 11-30 if sat,sun then next mon
NIR Northern Ireland + St Patrick's Day: 03-17; 03-17 if sat,sun then next mon + Easter Monday: easter+1
  + Battle of the Boyne: 07-12; 07-12 if sat,sun then next mon + Summer bank holiday: last mon aug]] },
  DE = { name = "Germany", days = [[
Neujahr: 01-01
Karfreitag: easter-2
Ostermontag: easter+1
Tag der Arbeit: 05-01
Christi Himmelfahrt: easter+39
Pfingstmontag: easter+50
Tag der Deutschen Einheit: 10-03
1. Weihnachtstag: 12-25
2. Weihnachtstag: 12-26]], states = [[
BB Brandenburg + Ostersonntag: easter + Pfingstsonntag: easter+49 + Reformationstag: 10-31
BE Berlin + Frauentag: 03-08
BW Baden-Württemberg + Heilige Drei Könige: 01-06 + Fronleichnam: easter+60 + Allerheiligen: 11-01
BY Bayern + Heilige Drei Könige: 01-06 + Fronleichnam: easter+60 + Mariä Himmelfahrt: 08-15
  + Allerheiligen: 11-01
HB Bremen + Reformationstag: 10-31
HE Hessen + Fronleichnam: easter+60
HH Hamburg + Reformationstag: 10-31
MV Mecklenburg-Vorpommern + Frauentag: 03-08 + Reformationstag: 10-31
NI Niedersachsen + Reformationstag: 10-31
NW Nordrhein-Westfalen + Fronleichnam: easter+60 + Allerheiligen: 11-01
RP Rheinland-Pfalz + Fronleichnam: easter+60 + Allerheiligen: 11-01
SH Schleswig-Holstein + Reformationstag: 10-31
SL Saarland + Fronleichnam: easter+60 + Mariä Himmelfahrt: 08-15 + Allerheiligen: 11-01
SN Sachsen + Reformationstag: 10-31 + Buß- und Bettag: wed before 11-23
ST Sachsen-Anhalt + Heilige Drei Könige: 01-06 + Reformationstag: 10-31
TH Thüringen + Weltkindertag: 09-20 + Reformationstag: 10-31]] },
  FR = { name = "France", days = [[
Nouvel An: 01-01
Lundi de Pâques: easter+1
Fête du Travail: 05-01
Victoire 1945: 05-08
Ascension: easter+39
Lundi de Pentecôte: easter+50
Fête nationale: 07-14
Assomption: 08-15
Toussaint: 11-01
Armistice 1918: 11-11
Noël: 12-25]], states = [[
57 Moselle + Vendredi saint: easter-2 + Saint-Étienne: 12-26
67 Bas-Rhin + Vendredi saint: easter-2 + Saint-Étienne: 12-26
68 Haut-Rhin + Vendredi saint: easter-2 + Saint-Étienne: 12-26]] },
  ES = { name = "Spain", days = [[
Año Nuevo: 01-01
Epifanía del Señor: 01-06
Viernes Santo: easter-2
Fiesta del Trabajo: 05-01
Asunción de la Virgen: 08-15
Fiesta Nacional: 10-12
Todos los Santos: 11-01
Día de la Constitución: 12-06
Inmaculada Concepción: 12-08
Navidad: 12-25]], states = "" },
  AT = { name = "Austria", days = [[
Neujahr: 01-01
Heilige Drei Könige: 01-06
Ostermontag: easter+1
Staatsfeiertag: 05-01
Christi Himmelfahrt: easter+39
Pfingstmontag: easter+50
Fronleichnam: easter+60
Mariä Himmelfahrt: 08-15
Nationalfeiertag: 10-26
Allerheiligen: 11-01
Mariä Empfängnis: 12-08
Christtag: 12-25
Stefanitag: 12-26]], states = "" },
  CH = { name = "Switzerland", days = [[
Neujahr: 01-01
Karfreitag: easter-2
Ostermontag: easter+1
Auffahrt: easter+39
Pfingstmontag: easter+50
Bundesfeiertag: 08-01
Weihnachtstag: 12-25
Stephanstag: 12-26]], states = "" },
}

---@class Holiday
---@field name string
---@field dates string[]

local function day_of(text)
  local name, dates = text:match("^%s*(.-): (.-)%s*$")
  local holiday = { name = name, dates = {} }
  for date in dates:gmatch("[^;]+") do holiday.dates[#holiday.dates + 1] = date:match("^%s*(.-)$") end
  return holiday
end

--- "CO Colorado + A: 01-02 - B" -> code, name, what it has besides, what it hasn't.
local function state_of(line)
  local code, rest = line:match("^(%S+) (.+)$")
  local parts, without = {}, {}
  for part in rest:gsub(" %- ", "\n-"):gsub(" %+ ", "\n+"):gmatch("[^\n]+") do
    parts[#parts + 1] = part
  end
  local added = {}
  for i = 2, #parts do
    if parts[i]:sub(1, 1) == "-" then
      without[parts[i]:sub(2)] = true
    else
      added[#added + 1] = day_of(parts[i]:sub(2))
    end
  end
  return code, parts[1], added, without
end

--- The lines that tell of states.
local function states_of(about)
  return about.states:gsub("\n +", " "):gmatch("[^\n]+")
end

--- All places in order of their codes.
---@return { code: string, name: string }[]
function holidays.places()
  local list = {}
  for country, about in pairs(COUNTRIES) do
    list[#list + 1] = { code = country, name = about.name }
    for line in states_of(about) do
      local code, name = state_of(line)
      list[#list + 1] = { code = country .. "-" .. code, name = about.name .. ", " .. name }
    end
  end
  table.sort(list, function(a, b) return a.code < b.code end)
  return list
end

---@param text string a code, or names: "Colorado", "Germany, Bayern"
---@return string? code
---@return string? message
function holidays.place(text)
  local wanted, names = text:lower(), {}
  for _, place in ipairs(holidays.places()) do
    local own = place.name:match(", (.*)$") or place.name
    if wanted == place.code:lower() or wanted == place.name:lower() or wanted == own:lower() then
      return place.code
    end
    names[place.code], names[place.name], names[own] = true, true, true
  end
  return nil, ("no holidays of %s are known%s; write a country or state such as US-CO or DE-BY, or list the "
    .. "dates"):format(mistake.show(text), mistake.nearest(text, names))
end

---@param code string as holidays.place gave it
---@return Holiday[]
function holidays.of(code)
  local country, state = code:match("^(%a%a)%-?(.*)$")
  local about, list, without, added, _ = COUNTRIES[country], {}, {}, {}, nil
  for line in states_of(about) do
    if line:match("^%S+") == state then _, _, added, without = state_of(line) end
  end
  for line in about.days:gmatch("[^\n]+") do
    local day = day_of(line)
    if not without[day.name] then list[#list + 1] = day end
  end
  return table.move(added, 1, #added, #list + 1, list)
end

return holidays
