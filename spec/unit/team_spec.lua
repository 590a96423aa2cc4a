-- People, groups, hours and rotas in files: what is read and refused, and what an edit leaves alone.
dofile("spec/support/native.lua")
dofile("spec/support/rule_language.lua")
local dates = require("calls.hours.dates")
local problems = require("calls.rules.problems")
local stored_plan = require("calls.plans.stored_plan")
local team = require("calls.team.team")
local team_files = require("support.team_files")

local JOE, DESK, ANA, SUE = "+13035550142", "+13035550143", "+13035550177", "+13035550166"
local ZONE = "America/Denver"
local FILES, with, loaded = team_files.FILES, team_files.with, team_files.loaded

local function read(files)
  return team.read(function(name) return with(files)[name] end, "US")
end

local function told(files)
  return table.concat(team.messages(read(files)), "\n")
end

--- Deep copies, so that an edit changes nothing that was read.
local function copy(value)
  if type(value) ~= "table" then
    return value
  end
  local out = {}
  for key, inner in pairs(value) do out[key] = copy(inner) end
  return out
end

describe("a data file", function()
  it("is written as it was read, byte by byte, in every shape that a hand gives it", function()
    local shapes = {
      function(text) return text end,
      function(text) return (text:gsub("\n", "\r\n")) end,
      function(text) return (text:gsub("\n", "\r")) end,
      function(text) return "\u{FEFF}" .. text:gsub("\n", "\r\n") end,
      function(text) return (text:gsub("\n", " \t\n")) end,
      function(text) return "\u{FEFF}" .. text end,
      function(text) return (text:gsub("\n$", "")) end,
      function(text) return (text:gsub("\n", "\n\n")) end,
      function(text) return (text:gsub(": ", "  :   ")) end,
      function(text) return (text:gsub("\n(%w)", "\n   %1")) end,
      function(text) return "\n\n# head\n\n" .. text .. "\n# tail" end,
    }
    for i, shape in ipairs(shapes) do
      local files = {}
      for name, text in pairs(FILES) do files[name] = shape(text) end
      local found = read(files)
      assert.same({}, found.problems, "shape " .. i)
      for _, kind in ipairs(team.KINDS) do
        assert.equal(files[team.FILES[kind]], team.text(found, kind, copy(found[kind])), kind
          .. " in shape " .. i)
      end
    end
  end)

  it("says the same when what an edit wrote is read again, for edits of every field", function()
    local seed = 7
    local function pick(n)
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed // 65536 % n + 1
    end
    local RANGES = { {}, { "08:00-12:00" }, { "08:00-12:00", "13:00-17:00" }, { "00:00-24:00" },
      { "22:00-02:00" } }
    local DAYS = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" }
    for round = 1, 20 do
      local found = read()
      local people, groups, hours, oncall = copy(found.people), copy(found.groups), copy(found.hours),
        copy(found.oncall)
      people[1].name = ({ "Joe", "Joe B.", nil })[pick(3)]
      people[2].phones[2] = pick(2) == 1 and { number = "+13035550199", confirm = pick(2) == 1 } or nil
      people[3].away = ({ { to = "2026-12-07 08:00", zone = ZONE }, nil,
        { from = "2026-12-04 17:00", to = "2026-12-07 08:00", zone = "UTC" } })[pick(3)]
      if pick(2) == 1 then people[1].phones[1], people[1].phones[2] = people[1].phones[2],
        people[1].phones[1] end
      people[4] = pick(2) == 1 and { id = "eve " .. round, phones = { { number = JOE,
        confirm = true } } } or nil
      groups[2] = pick(2) == 1 and { id = "two", people = { "sue", "ana" } } or nil
      groups[1].people = ({ { "ana" }, { "ana", "joe" }, { "joe", "sue", "ana" } })[pick(3)]
      for _, day in ipairs(DAYS) do hours[1].week[day] = RANGES[pick(#RANGES)] end
      hours[1].week.mon = RANGES[2]
      hours[1].greeting = ({ "Press # now.", nil, "Bye." })[pick(3)]
      hours[1].holidays = pick(2) == 1 and { place = "DE-BY", except = { "Neujahr" } } or nil
      hours[1].dates[2] = pick(2) == 1 and { date = "12-27..01-02", ranges = {} } or nil
      oncall[1].every, oncall[1].people = ({ "day", "14 days" })[pick(2)], { "sue", "joe" }
      oncall[1].swaps[2] = pick(2) == 1 and { date = "2026-07-04", person = "joe" } or nil
      local wanted = { people = people, groups = groups, hours = hours, oncall = oncall }
      local files = {}
      for _, kind in ipairs(team.KINDS) do files[team.FILES[kind]] = team.text(found, kind, wanted[kind]) end
      local again = read(files)
      assert.same({}, again.problems)
      for _, kind in ipairs(team.KINDS) do
        assert.same(wanted[kind], again[kind], "round " .. round)
        assert.equal(files[team.FILES[kind]], team.text(again, kind, copy(again[kind])))
      end
      for _, comment in ipairs { "# who we are\n", "# since May\n[ana]" } do
        assert.is_truthy(files["people.txt"]:find(comment, 1, true))
      end
    end
  end)

  it("gets the bytes from a form that a hand would give it", function()
    local function edited(kind, change, from, to)
      local found = read()
      local entries = copy(found[kind])
      change(entries)
      local first, last = FILES[team.FILES[kind]]:find(from, 1, true)
      local text = FILES[team.FILES[kind]]
      assert.equal(text:sub(1, first - 1) .. to .. text:sub(last + 1), team.text(found, kind, entries))
    end
    edited("people", function(list) list[1].phones[1].number = "+13035550100" end, "(303) 555-0142   #",
      "+13035550100   #")
    edited("people", function(list) list[1].phones[2].confirm = true end, DESK .. ", no confirm", DESK)
    edited("people", function(list) table.remove(list, 2) end, "# since May\n[ana]\nuser: 42\nphone: " .. ANA
      .. "\n\n", "")
    edited("people", function(list) list[3].away = { to = "2026-12-07 08:00", zone = ZONE } end, SUE .. "\n",
      SUE .. "\naway: until 2026-12-07 08:00 America/Denver\n")
    edited("people", function(list) table.remove(list, 3) end, "\n[sue]\nphone: " .. SUE .. "\n", "")
    edited("groups", function(list) table.insert(list[1].people, "sue") end, "joe, ana   #",
      "joe, ana, sue   #")
    edited("hours", function(list) list[1].week.fri = { "08:00-12:00" } end, "mon-fri: 8am-5pm\n",
      "mon-thu: 08:00-17:00\nfri: 08:00-12:00\n")
    edited("hours", function(list) list[1].week.sat = { "09:00-12:00" } end, "mon-fri: 8am-5pm\n",
      "mon-fri: 8am-5pm\nsat: 09:00-12:00\n")
    edited("hours", function(list) list[1].dates[1].ranges = {} end, "08:00-12:00  # early",
      "closed  # early")
    edited("oncall", function(list) list[1].swaps[1].person = "ana" end, "sue # swapped", "ana # swapped")
    edited("oncall", function(list) list[1].swaps = {} end, "2026-12-24..2026-12-26: sue # swapped\n", "")
  end)

  it("loses an entry with its own comments, not those that stand by themselves, in any line ends", function()
    for _, eol in ipairs { "\n", "\r\n", "\r" } do
      local function lines(...) return table.concat({ ... }, eol) .. eol end
      local joe = { "# Joe", "[joe]", "# his own", "phone: " .. JOE, "# on leave in May", "" }
      local rest = { "# ---- the yard ----", "", "[ana]", "phone: " .. ANA, "", "# the end" }
      local text = lines("# people", "", lines(table.unpack(joe)) .. table.concat(rest, eol))
      local found = team.read(function(name) return name == "people.txt" and text or nil end, "US")
      assert.same({}, found.problems)
      local people = copy(found.people)
      local without_joe = team.text(found, "people", { people[2] })
      assert.equal(lines("# people", "", table.unpack(rest)), without_joe)
      assert.equal(lines("# people", "", table.concat(joe, eol), "# ---- the yard ----", "", "# the end"),
        team.text(found, "people", { people[1] }))
      local more = team.text(found, "people", { people[1], people[2], { id = "eve",
        phones = { { number = SUE, confirm = true } } } })
      assert.equal(text .. lines("", "[eve]", "phone: " .. SUE), more)
    end
  end)

  for what, case in pairs {
    ["a field that isn't there"] = { "people.txt", "[joe]\nphon: " .. JOE,
      'people.txt:2: joe, phon: a person has no field "phon" (did you mean "phone"?): use name' },
    ["a number that is none"] = { "people.txt", "[joe]\nphone: 12",
      'people.txt:2: joe, phone: "12" isn\'t a phone number in the United States: check its length' },
    ["an end that is none"] = { "people.txt", "[joe]\nphone: " .. JOE .. "\naway: until Monday",
      'people.txt:3: joe, away: can\'t read "until Monday"; write until 2026-12-07 08:00 America/Denver' },
    ["an end without a zone"] = { "people.txt", "[joe]\nphone: " .. JOE .. "\naway: until 2026-12-07 08:00",
      "write until 2026-12-07 08:00 America/Denver" },
    ["a day that there isn't"] = { "people.txt",
      "[joe]\nphone: " .. JOE .. "\naway: 2026-02-30 08:00 until 2026-12-07 08:00 UTC",
      "people.txt:3: joe, away: can't" },
    ["an absence in no zone"] = { "people.txt",
      "[joe]\nphone: " .. JOE .. "\naway: until 2026-12-07 08:00 Denver", "people.txt:3: joe, away: " },
    ["an absence that ends before it begins"] = { "people.txt",
      "[joe]\nphone: " .. JOE .. "\naway: 2026-12-08 08:00 until 2026-12-07 08:00 UTC",
      "people.txt:3: joe, away: ends at 2026-12-07 08:00, before it begins" },
    ["two absences"] = { "people.txt", "[joe]\nphone: " .. JOE
      .. "\naway: until 2026-12-07 08:00 UTC\naway: until 2026-12-08 08:00 UTC",
      "people.txt:4: joe, away: away is there twice" },
    ["a word behind a number"] = { "people.txt", "[joe]\nphone: " .. JOE .. ", desk",
      'people.txt:2: joe, phone: can\'t read "desk" behind the number; the only word there is "no confirm"' },
    ["someone without a phone"] = { "people.txt", "[joe]\nname: Joe\n",
      "people.txt:1: joe: nothing to ring" },
    ["a name that is there twice"] = { "people.txt", "[joe]\nphone: " .. JOE .. "\n[joe]\nphone: " .. ANA,
      'people.txt:3: joe: "joe" is there twice, also on line 1' },
    ["a line that is none"] = { "people.txt", "[joe]\nJoe Brown\n",
      "people.txt:2: can't read this line; write [joe]" },
    ["a line before any name"] = { "people.txt", "phone: " .. JOE,
      "people.txt:1: this line belongs to nobody" },
    ["someone unknown in a group"] = { "groups.txt", "crew: joe, anna",
      'groups.txt:1: crew: people.txt has no person "anna" (did you mean "ana"?)' },
    ["a group named like a person"] = { "groups.txt", "joe: ana",
      "groups.txt:1: joe: a person in people.txt has this" },
    ["hours that overlap"] = { "hours.txt", "[o]\nzone: UTC\nmon: 8-9\ntue: 08:00-10:00, 09:00-11:00",
      "hours.txt:3: o, mon: \"8-9\" isn't a range: write 08:00-09:00\n"
        .. "hours.txt:4: o, tue: the ranges of tue overlap" },
    ["a day that is there twice"] = { "hours.txt", "[o]\nzone: UTC\nmon-fri: 08:00-17:00\nwed: closed",
      "hours.txt:4: o, wed: wed is there twice, also on line 3" },
    ["dates that contradict each other"] = { "hours.txt",
      "[o]\nzone: UTC\nmon: 24h\n12-24..12-26: closed\n12-20..12-25: 24h", "name 2020-12-24" },
    ["a zone that is none"] = { "hours.txt", "[o]\nzone: Denver\nmon: 24h", "hours.txt:2: o, zone: " },
    ["a zone that is missing"] = { "hours.txt", "[o]\nmon: 24h",
      "hours.txt:1: o: zone is missing: add a line such as" },
    ["a place without holidays"] = { "hours.txt", "[o]\nzone: UTC\nmon: 24h\nholidays: Colorodo",
      'no holidays of "Colorodo" are known (did you mean "Colorado"?); write a country or state such as' },
    ["a holiday that isn't one there"] = { "hours.txt",
      "[o]\nzone: UTC\nmon: 24h\nholidays: DE\nexcept: Neujar",
      '"Neujar" isn\'t a holiday of DE (did you mean "Neujahr"?)' },
    ["a turn that is none"] = { "oncall.txt",
      "[n]\nzone: UTC\nevery: moon\nfrom: 2026-01-05 08:00\npeople: joe",
      'oncall.txt:3: n, every: can\'t read "moon"; write week, day or 14 days' },
    ["a beginning that is none"] = { "oncall.txt", "[n]\nzone: UTC\nevery: day\nfrom: Monday\npeople: joe",
      "oncall.txt:4: n, from: can't read \"Monday\" as date and time of the first hand-over; write 2026" },
    ["a calendar's address that is none"] = { "oncall.txt",
      "[n]\nzone: UTC\ncalendar: nights\notherwise: joe",
      'oncall.txt:3: n, calendar: can\'t read "nights"; write the address of a calendar, https://…, or the' },
    ["a calendar without anybody otherwise"] = { "oncall.txt",
      "[n]\nzone: UTC\ncalendar: https://x.org/a.ics",
      "oncall.txt:1: n: otherwise is missing: add a line such as otherwise: joe" },
    ["a calendar and turns"] = { "oncall.txt",
      "[n]\nzone: UTC\ncalendar: n.ics\notherwise: joe\nevery: week\n12-24: joe",
      "oncall.txt:5: n, every: the calendar says who is on call: a rota with a calendar has zone, calendar" },
    ["someone unknown otherwise"] = { "oncall.txt", "[n]\nzone: UTC\ncalendar: n.ics\notherwise: jo",
      'oncall.txt:4: n, otherwise: "jo" isn\'t a person or group (did you mean "joe"?)' },
    ["someone unknown on call"] = { "oncall.txt",
      "[n]\nzone: UTC\nevery: day\nfrom: 2026-01-05 08:00\npeople: jo\n12-24: sues",
      'oncall.txt:5: n, people: "jo" isn\'t a person or group (did you mean "joe"?)\n'
        .. 'oncall.txt:6: n, 12-24: "sues" isn\'t a person or group (did you mean "sue"?)' },
  } do
    it("is refused for " .. what .. ", with line, field and what to write", function()
      local message = told { [case[1]] = case[2] }
      assert.is_truthy(message:find(case[3], 1, true), message)
    end)
  end

  it("tells what is wrong in all files at once, in a save of rules, too", function()
    local files = { ["people.txt"] = "[joe]\nphone: 1\n", ["hours.txt"] = "[o]\nmon: x\n" }
    local set, list = loaded("return {}", files)
    assert.is_nil(set)
    assert.is_true(#list >= 4)
    local text = problems.refused("forwarding.lua", "return {}",
      { data = function(name) return with(files)[name] end, country = "US" })
    assert.is_truthy(text:find("people.txt:2: joe, phone: ", 1, true))
    assert.is_truthy(text:find("hours.txt:2: o, mon: ", 1, true))
  end)

  it("stays a list of contacts where rules read it as one", function()
    local set = loaded('local C = contacts("people.txt") return { { "a", go = ring "+13035550142" } }',
      { ["people.txt"] = "+13035550188 Grace\n", ["groups.txt"] = "", ["oncall.txt"] = "" })
    assert.is_truthy(set)
  end)
end)

describe("a rota with a calendar", function()
  local CALENDAR = "[nights]\nzone: America/Denver\ncalendar: webcal://x.org/n.ics\notherwise: sue\n"
  local KEPT = "# kept\n[nights]\n2026-11-02T15:00:00Z..2026-11-09T15:00:00Z: On call: JOE Brown | x@x.org\n"
    .. "2026-11-09T15:00:00Z..2026-11-10T15:00:00Z: Nobody | 42\n"
    .. "2026-11-10T15:00:00Z..2026-11-11T15:00:00Z: Bob (night)\n"
    .. "2026-11-12T15:00:00Z..2026-11-13T15:00:00Z: crew (swapped)\n"
  local function at(text)
    local day, hour = text:match("^(%d+) (%d+)$")
    return dates.number(2026, 11, math.tointeger(day)) * 86400 + math.tointeger(hour) * 3600
  end
  local files = { ["oncall.txt"] = CALENDAR, ["calendars.txt"] = KEPT }

  it("says who is on call by id, name, group or user, and otherwise whom its file names", function()
    local found = read(files)
    assert.same({}, found.problems)
    local made, people = found.made.oncall.nights, found.made.people
    for moment, who in pairs {
      ["2 14"] = people.sue, ["2 15"] = people.joe, ["9 14"] = people.joe, ["9 15"] = people.ana,
      ["10 15"] = people.sue, ["11 15"] = people.sue, ["12 15"] = found.made.groups.crew,
      ["13 15"] = people.sue,
    } do
      assert.equal(who, made:at(at(moment)), moment)
    end
    assert.equal(at("9 15"), made:next_change(at("3 0")))
    assert.equal(at("12 15"), made:next_change(at("10 16")))
    assert.is_nil(made:next_change(at("14 0")))
    assert.same({ 'oncall.txt:1: nights: the calendar names "Bob (night)", who isn\'t in people.txt or '
      .. "groups.txt; sue is on call then" }, found.warnings)
  end)

  it("is asked by the same word as turns, without a calendar's turns, too", function()
    local source = 'return { { "x", go = function(call) return ring(oncall("nights", call.at)) end } }'
    local function rung(more, moment)
      local _, flat = assert(loaded(source, more)).decide { at = at(moment) }
      return table.concat(stored_plan.targets(flat.steps[1]), " ")
    end
    assert.equal(JOE, rung(files, "3 0"))
    assert.equal(SUE, rung({ ["oncall.txt"] = CALENDAR, ["calendars.txt"] = "" }, "3 0"))
  end)

  it("is written as it was read, and becomes turns and back", function()
    local found = read(files)
    assert.equal(CALENDAR, team.text(found, "oncall", copy(found.oncall)))
    local entries = copy(found.oncall)
    entries[1].calendar, entries[1].otherwise = nil, nil
    entries[1].every, entries[1].from, entries[1].people = "week", "2026-01-05 08:00", { "joe" }
    local text = team.text(found, "oncall", entries)
    local again = read { ["oncall.txt"] = text }
    assert.same({}, again.problems)
    assert.same(entries, again.oncall)
    assert.same(found.oncall, read { ["oncall.txt"] = team.text(again, "oncall", copy(found.oncall)) }.oncall)
  end)

  it("refuses turns that a hand has garbled, with their line", function()
    for _, line in ipairs { "2026-11-02..2026-11-03: joe", "joe",
      "2026-11-02T15:00:00Z..2026-11-01T15:00:00Z: joe" } do
      assert.is_truthy(told { ["oncall.txt"] = CALENDAR, ["calendars.txt"] = "[nights]\n" .. line .. "\n" }
        :find("^calendars.txt:2: can't read this line"), line)
    end
  end)
end)
