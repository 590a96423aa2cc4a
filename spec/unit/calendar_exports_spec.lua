-- calendar_exports_spec.lua: calendars as programs write them: names of time zones, ends, lengths, titles.
dofile("spec/support/native.lua")
local json = require("json")
local turns = require("calls.ical.turns")
local tz = require("tz")

local FROM, TO = 1772323200, 1775001600 -- March 2026
local BERLIN = "Europe/Berlin"

local function calendar(...)
  return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n%s\r\nEND:VCALENDAR\r\n"):format(table.concat({ ... }, "\r\n"))
end

local count = 0
local function event(...)
  count = count + 1
  return ("BEGIN:VEVENT\r\nUID:%d\r\n%s\r\nEND:VEVENT"):format(count, table.concat({ ... }, "\r\n"))
end

local function at(tzid, more)
  return event(("DTSTART;TZID=%s:20260302T080000"):format(tzid),
    ("DTEND;TZID=%s:20260302T090000"):format(tzid), more or "SUMMARY:Joe")
end

--- "03-02 07:00 Joe" of each beginning, and the problems.
local function read(text)
  local list, problems = turns.read(text, { zone = BERLIN, from = FROM, to = TO })
  local out = {}
  for i, turn in ipairs(list) do
    out[i] = ("%s..%s %s"):format(os.date("!%m-%d %H:%M", turn.from), os.date("!%m-%d %H:%M", turn.till),
      turn.who)
  end
  return out, problems
end

local function alone(text)
  local list, problems = read(text)
  assert.same({}, problems)
  return table.concat(list, "; ")
end

--- As Exchange writes a zone: since 1601, with the rules of today.
local function exchange(tzid, winter, summer)
  return table.concat({ "BEGIN:VTIMEZONE", "TZID:" .. tzid,
    "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:" .. summer, "TZOFFSETTO:" .. winter,
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "END:STANDARD",
    "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:" .. winter, "TZOFFSETTO:" .. summer,
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE" }, "\r\n")
end

describe("a time zone", function()
  it("is found behind what programs put before its name", function()
    for _, tzid in ipairs { BERLIN, '"Europe/Berlin"', "/freeassociation.sourceforge.net/Europe/Berlin",
      '"/freeassociation.sourceforge.net/Tzfile/Europe/Berlin"', "/mozilla.org/20050126_1/Europe/Berlin",
      "/citadel.org/20210210_1/Europe/Berlin", "/softwarestudio.org/Olson_20011030_5/Europe/Berlin" } do
      assert.equal("03-02 07:00..03-02 08:00 Joe", alone(calendar(at(tzid))), tzid)
    end
    assert.equal("03-02 13:00..03-02 14:00 Joe", alone(calendar(at("America/New York"))))
    assert.equal("03-02 11:00..03-02 12:00 Joe",
      alone(calendar(at("/freeassociation.sourceforge.net/America/Argentina/Buenos_Aires"))))
  end)

  it("is read as the file describes it, however both write its name", function()
    for _, names in ipairs { { "Customized Time Zone" }, { "W. Europe Standard Time" },
      { "(UTC+01:00) Amsterdam\\, Berlin\\, Bern", '"(UTC+01:00) Amsterdam, Berlin, Bern"' },
      { '"(UTC+01:00) Amsterdam, Berlin"', '"(UTC+01:00) Amsterdam, Berlin"' }, { "Zeit  1", "Zeit 1" } } do
      local zone = exchange(names[1], "+0100", "+0200")
      assert.equal("03-02 07:00..03-02 08:00 Joe", alone(calendar(zone, at(names[2] or names[1]))), names[1])
    end
    assert.equal("03-02 02:30..03-02 03:30 Joe",
      alone(calendar(exchange("India Standard Time", "+0530", "+0530"), at("India Standard Time"))))
  end)

  it("that nothing describes is read by the Windows name that Outlook gives it, on both sides of a change",
    function()
    local function weekly(tzid)
      return alone(calendar(event(("DTSTART;TZID=%s:20260302T080000"):format(tzid),
        ("DTEND;TZID=%s:20260302T090000"):format(tzid), "RRULE:FREQ=WEEKLY;COUNT=5", "SUMMARY:Joe")))
    end
    local berlin = "03-02 07:00..03-02 08:00 Joe; 03-09 07:00..03-09 08:00 Joe; "
      .. "03-16 07:00..03-16 08:00 Joe; 03-23 07:00..03-23 08:00 Joe; 03-30 06:00..03-30 07:00 Joe"
    for _, tzid in ipairs { "W. Europe Standard Time", '"W. Europe Standard Time"',
      "w. europe standard time" } do
      assert.equal(berlin, weekly(tzid))
    end
    assert.equal("03-02 13:00..03-02 14:00 Joe; 03-09 12:00..03-09 13:00 Joe; 03-16 12:00..03-16 13:00 Joe; "
      .. "03-23 12:00..03-23 13:00 Joe; 03-30 12:00..03-30 13:00 Joe", weekly("Eastern Standard Time"))
    assert.equal("03-02 15:00..03-02 16:00 Joe; 03-09 15:00..03-09 16:00 Joe; 03-16 15:00..03-16 16:00 Joe; "
      .. "03-23 15:00..03-23 16:00 Joe; 03-30 15:00..03-30 16:00 Joe", weekly("US Mountain Standard Time"))
    -- A zone that the file describes is read as described, even when Windows has its name.
    assert.equal("03-02 06:00..03-02 07:00 Joe",
      alone(calendar(exchange("Eastern Standard Time", "+0200", "+0300"), at("Eastern Standard Time"))))
  end)

  it("of Windows is known by every name that CLDR has, in any case", function()
    local file = assert(io.open("web/node_modules/cldr-core/supplemental/windowsZones.json"))
    local zones = json.decode(file:read("a")).supplemental.windowsZones.mapTimezones
    file:close()
    local known = 0
    for _, zone in ipairs(zones) do
      local name, iana = zone.mapZone._other, zone.mapZone._type
      if zone.mapZone._territory == "001" then
        known = known + 1
        assert.equal(iana, tz.of_windows(name))
        assert.equal(iana, tz.of_windows(name:upper()))
        assert.is_true(tz.exists(iana), iana)
        assert.equal(alone(calendar(at(iana))), alone(calendar(at(name))), name)
      end
    end
    assert.is_true(known > 130)
    for _, name in ipairs { "", "Standard Time", "W. Europe Standard", "W. Europe Standard Time\0" } do
      assert.is_nil(tz.of_windows(name))
    end
  end)

  it("that nothing describes or knows is told", function()
    for _, tzid in ipairs { "E. Atlantis Standard Time", "Customized Time Zone", "Europe/Entenhausen" } do
      local list, problems = read(calendar(at(tzid)))
      local told = ('the event "Joe" of 2026-03-02: unknown time zone %s'):format(tzid)
      assert.same({ {}, { told } }, { list, problems })
    end
  end)
end)

describe("an event", function()
  it("is named as schedulers name it, and an alarm's title isn't its own", function()
    assert.equal("03-02 07:00..03-02 08:00 On Call - Joe Brown - Primary",
      alone(calendar(at(BERLIN, "SUMMARY:On Call - Joe Brown - Primary"))))
    assert.equal("03-02 07:00..03-02 08:00 On call: Joe", alone(calendar(at(BERLIN,
      "SUMMARY:On call: Joe\r\nBEGIN:VALARM\r\nTRIGGER:-PT15M\r\nSUMMARY:Ana\r\nEND:VALARM"))))
    assert.equal("03-02 07:00..03-02 08:00 J\u{f6}rg M\u{fc}ller", alone(calendar(at(BERLIN,
      "SUMMARY:J\xC3\r\n \xB6rg M\xC3\r\n\t\xBCller"))))
  end)

  it("may end on a day, last for weeks or for a hundred years", function()
    assert.equal("03-05 08:00..03-05 23:00 Joe",
      alone(calendar(event("DTSTART:20260305T080000Z", "DTEND;VALUE=DATE:20260306", "SUMMARY:Joe"))))
    assert.equal("03-04 08:00..03-18 08:00 Joe",
      alone(calendar(event("DTSTART:20260304T080000Z", "DURATION:P2W", "SUMMARY:Joe"))))
    for _, rule in ipairs { "SUMMARY:Joe", "SUMMARY:Joe\r\nRRULE:FREQ=YEARLY" } do
      assert.equal("03-01 00:00..04-01 00:00 Joe",
        alone(calendar(event("DTSTART;VALUE=DATE:19760302", "DTEND;VALUE=DATE:20760302", rule))))
    end
  end)

  it("that takes no time, or ends before it begins, is told; the others stay", function()
    for _, times in ipairs { { "DTSTART:20260302T090000Z", "DTEND:20260302T080000Z" },
      { "DTSTART:20260302T090000Z", "DTEND:20260302T090000Z" }, { "DTSTART:20260302T090000Z" },
      { "DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260302" } } do
      local list, problems = read(calendar(event(times[1], times[2] or "CLASS:PUBLIC", "SUMMARY:Joe"), event(
        "DTSTART:20260303T080000Z", "DTEND:20260303T090000Z", "SUMMARY:Ana")))
      assert.same({ "03-03 08:00..03-03 09:00 Ana" }, list)
      assert.same({ 'the event "Joe" of 2026-03-02: it has no end after its beginning' }, problems)
    end
  end)

  it("takes one place of a period, by its rule", function()
    local function days(rule)
      local list = {}
      for i, turn in ipairs((read(calendar(event("DTSTART:20260102T090000Z", "DTEND:20260102T100000Z",
        "RRULE:FREQ=" .. rule, "SUMMARY:Joe"))))) do list[i] = turn:sub(4, 5) end
      return table.concat(list, " ")
    end
    assert.equal("31", days "MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1")
    assert.equal("02 31", days "MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1")
    assert.equal("04 11 18 25", days "WEEKLY;BYDAY=MO,WE;BYSETPOS=2")
    assert.equal("02 30", days "YEARLY;BYMONTH=3;BYDAY=MO;BYSETPOS=1,-1")
    assert.equal(1, select(2, days("DAILY;BYHOUR=6,9,12;BYSETPOS=2"):gsub("15", "")))
    for rule, minutes in pairs {
      ["HOURLY;BYMINUTE=0,20,40;BYSETPOS=-1"] = "40", ["HOURLY;BYMINUTE=10,30;BYSETPOS=1"] = "10",
      ["MINUTELY;INTERVAL=30;BYSECOND=0,5;BYSETPOS=2"] = "(%d)0",
    } do
      local list, problems = read(calendar(event("DTSTART:20260302T090000Z", "DTEND:20260302T090500Z",
        "RRULE:FREQ=" .. rule .. ";COUNT=5", "SUMMARY:Joe")))
      assert.same({}, problems)
      assert.equal(5, #list)
      for _, turn in ipairs(list) do assert.is_truthy(turn:find("^%S+ %d%d:" .. minutes), turn) end
    end
    local list, problems = turns.read(calendar(event("DTSTART:20260302T090000Z", "DTEND:20260302T093000Z",
      "RRULE:FREQ=SECONDLY", "SUMMARY:Joe")), { zone = BERLIN, from = FROM, to = TO })
    assert.same({ nil, "it has more than 50000 turns in 16 months" }, { list, problems })
  end)

  it("don't describe a zone whose clocks change all the time", function()
    for _, rule in ipairs { "HOURLY", "SECONDLY", "DAILY;BYHOUR=1,2,3;BYMINUTE=0,1,2,3,4,5,6,7,8,9" } do
      collectgarbage()
      local before = collectgarbage("count")
      local list, problems = read(calendar("BEGIN:VTIMEZONE", "TZID:Odd", "BEGIN:STANDARD",
        "DTSTART:19700101T000000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "RRULE:FREQ=" .. rule,
        "END:STANDARD", "END:VTIMEZONE", at("Odd")))
      assert.same({}, list)
      assert.is_truthy(problems[1]:find("Odd", 1, true), problems[1])
      assert.is_true(collectgarbage("count") - before < 16 * 1024, rule)
    end
  end)
end)
