-- calendar_names_spec.lua: events as programs export them, and whom they mean.
dofile("spec/support/native.lua")
local team = require("calls.team.team")
local team_calendar = require("calls.team.calendar")
local turns = require("calls.ical.turns")

local DAY = 86400
local FROM = 1772323200 -- 2026-03-01
local FILES = {
  ["people.txt"] = "[joe]\nname: Joe Brown\nuser: joe@example.com\nphone: +13035550142\n"
    .. "\n[ana]\nname: Ana María\nphone: +13035550177\n"
    .. "\n[support]\nphone: +13035550166\n",
  ["groups.txt"] = "crew: joe, ana\n",
  ["oncall.txt"] = "[nights]\nzone: America/Denver\ncalendar: nights.ics\notherwise: ana\n",
}

local function calendar(...)
  return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" .. table.concat({ ... }, "\r\n") .. "\r\nEND:VCALENDAR\r\n"
end

local function event(...)
  return calendar("BEGIN:VEVENT", "UID:1", ...)
end

local function closed(text)
  return (text:gsub("END:VCALENDAR", "END:VEVENT\r\nEND:VCALENDAR"))
end

local function read(text, zone)
  local list, problems = turns.read(text, { zone = zone or "America/Denver", from = FROM,
    to = FROM + 60 * DAY })
  assert.same({}, problems)
  return list
end

local function spans(text, zone)
  local out = {}
  for i, turn in ipairs(read(text, zone)) do
    out[i] = os.date("!%m-%d %H:%M", turn.from) .. ".." .. os.date("!%m-%d %H:%M", turn.till)
  end
  return out
end

describe("the name of an event", function()
  local known = team.read(function(name) return FILES[name] end).known
  local function meant(...)
    local text = closed(event("DTSTART:20260302T080000Z", "DTEND:20260309T080000Z", ...))
    local found = team_calendar.meant(known, read(text)[1].who)
    for _, id in ipairs { "joe", "ana", "support", "crew" } do
      if found and found == known(id) then
        return id
      end
    end
    return found
  end

  for title, id in pairs {
    ["Joe Brown"] = "joe", ["joe"] = "joe", ["JOE BROWN"] = "joe", ["joe@example.com"] = "joe",
      ["Joe (primary)"] = "joe",
    ["On Call - Joe Brown - On-Call Team"] = "joe", ["[Primary] Joe Brown on call"] = "joe",
      ["Joe Brown on-call"] = "joe",
    ["On call: Ana María"] = "ana", ["Ana María – Nights"] = "ana", ["Nights (Ana María)"] = "ana",
      ["Level 1 / joe"] = "joe",
    ["Joe Brown\\, week 12"] = "joe", ["Nights; Joe Brown <joe@example.com>"] = "joe",
      ["crew: until Monday"] = "crew",
    ["Joe Brown / Ana María"] = false, ["Support - Joe Brown"] = false, ["Joanna"] = false,
      ["Joe Brownfield"] = false,
    ["On Call - Joel - Team"] = false, ["-"] = false, [""] = false,
  } do
    it(("means %s: %s"):format(id or "nobody we are sure of", title), function()
      assert.equal(id or nil, meant("SUMMARY:" .. title))
    end)
  end

  it("may be that of an attendee, with and without mailto:", function()
    assert.equal("joe", meant("SUMMARY:On call", "ATTENDEE:joe@example.com"))
    assert.equal("joe", meant("SUMMARY:On call",
      'ATTENDEE;CN="x";ROLE=REQ-PARTICIPANT:MAILTO:Joe@Example.com'))
    assert.equal("ana", meant("SUMMARY:On call", "ATTENDEE;CN=Ana María:invalid:nomail"))
    assert.is_nil(meant("SUMMARY:On call", "ATTENDEE:urn:uuid:4a1b@x"))
  end)
end)

describe("an event as it is exported", function()
  it("by Google: a series that was split, a zone by name, an all-day event", function()
    assert.same({ "03-02 08:00..03-02 16:00", "03-09 07:00..03-09 15:00" }, spans(closed(event(
      "DTSTART;TZID=America/New_York:20260302T030000", "DTEND;TZID=America/New_York:20260302T110000",
      "RRULE:FREQ=WEEKLY;WKST=SU;UNTIL=20260315T035959Z;BYDAY=MO", "SUMMARY:Joe", "TRANSP:OPAQUE"))))
    assert.same({ "03-03 07:00..03-05 07:00" }, spans(closed(event("DTSTART;VALUE=DATE:20260303",
      "DTEND;VALUE=DATE:20260305", "SUMMARY:Joe"))))
  end)

  it("by Outlook: zones by Windows names with their rules, UTC by its own name, a canceled one", function()
    local zone = table.concat({ "BEGIN:VTIMEZONE", "TZID:W. Europe Standard Time", "BEGIN:STANDARD",
      "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
      "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "END:STANDARD", "BEGIN:DAYLIGHT",
      "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
      "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE" }, "\r\n")
    assert.same({ "03-23 07:00..03-23 08:00", "03-30 06:00..03-30 07:00" }, spans(closed(calendar(zone,
      "BEGIN:VEVENT", "UID:1",
      'DTSTART;TZID="W. Europe Standard Time":20260323T080000',
        "DTEND;TZID=W. Europe Standard Time:20260323T090000",
      "RRULE:FREQ=WEEKLY;COUNT=2;INTERVAL=1;BYDAY=MO;WKST=MO", "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
        "SUMMARY:Joe"))))
    assert.same({ "03-02 08:00..03-02 09:00" }, spans(closed(event(
      "DTSTART;TZID=\"tzone://Microsoft/Utc\":20260302T080000",
        "DTEND;TZID=\"tzone://Microsoft/Utc\":20260302T090000", "SUMMARY:Joe"))))
    assert.same({}, spans(closed(event("DTSTART:20260302T080000Z", "DTEND:20260302T090000Z",
      "STATUS:CANCELLED", "SUMMARY:Canceled: Joe"))))
  end)

  it("by iCloud and Nextcloud: floating times, DURATION, dates that are left out or added, a moved one",
    function()
    assert.same({ "03-02 15:00..03-02 16:30" }, spans(closed(event("DTSTART:20260302T080000",
      "DURATION:PT1H30M", "SUMMARY:Joe"))))
    assert.same({ "03-02 07:00..03-03 07:00", "03-04 07:00..03-05 07:00", "03-10 06:00..03-11 06:00" },
      spans(closed(event(
      "DTSTART;VALUE=DATE:20260302", "DURATION:P1D", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20260303",
      "RDATE;VALUE=DATE:20260310", "SUMMARY:Joe"))))
    assert.same({ "03-31 06:00..04-01 06:00" }, spans(closed(event("DTSTART;VALUE=DATE:20260131",
      "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
      "EXDATE;VALUE=DATE:20260227,20260430", "SUMMARY:Joe"))))
    assert.same({ "03-02 08:00..03-02 09:00", "03-10 08:00..03-10 09:00" },
      spans(closed(event("DTSTART:20260302T080000Z", "DTEND:20260302T090000Z",
      "RRULE:FREQ=WEEKLY;COUNT=2", "SUMMARY:Joe", "END:VEVENT", "BEGIN:VEVENT", "UID:1",
        "RECURRENCE-ID:20260309T080000Z",
      "DTSTART:20260310T080000Z", "DTEND:20260310T090000Z", "SUMMARY:Joe"))))
  end)

  it("in any form of text: a BOM, lone CRs, lone LFs, folded lines", function()
    local text = closed(event("DTSTART:20260302T080000Z", "DTEND:20260302T090000Z", "SUMMARY:Joe"))
    for _, form in ipairs { "\u{FEFF}" .. text, (text:gsub("\r\n", "\r")), (text:gsub("\r\n", "\n")),
      (text:gsub("SUMMARY:J", "SUMM\r\n ARY:J\r\n\t")) } do
      assert.same({ "03-02 08:00..03-02 09:00" }, spans(form))
      assert.equal("Joe", read(form)[1].who)
    end
  end)

  it("or is told why not: another kind of file, a change of all that follow in another time zone", function()
    local function why(text) return select(2, turns.read(text, { zone = "UTC", from = FROM,
      to = FROM + DAY })) end
    assert.equal("it isn't a calendar: this is a web page",
      why("<!DOCTYPE html><html><body>Sign in</body></html>"))
    assert.equal("it isn't a calendar: the file is UTF-16", why("\xFF\xFEB\0E\0G\0I\0N\0"))
    assert.equal("it isn't a calendar: this file is compressed", why("\31\139\8\0\0"))
    assert.match("BEGIN:VCALENDAR is missing", why(""))
    assert.match("cut off", why("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:J"))
    local problems = why(closed(event("DTSTART:20260301T080000Z", "DTEND:20260301T090000Z",
      "RRULE:FREQ=DAILY;COUNT=3", "SUMMARY:Joe", "END:VEVENT",
      "BEGIN:VEVENT", "UID:1", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260302T080000Z",
        "DTSTART;TZID=Europe/Berlin:20260302T100000", "DTEND;TZID=Europe/Berlin:20260302T110000",
        "SUMMARY:Ana")))
    assert.same({
      'the event "Ana" of 2026-03-02: it changes an event and all that follow, but its RECURRENCE-ID has '
        .. "another time zone",
    }, problems)
  end)
end)
