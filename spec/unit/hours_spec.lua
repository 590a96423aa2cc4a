local at = dofile("spec/support/wall_time.lua")
local hours = require("calls.hours.hours")

local function message_of(spec)
  local ok, message = pcall(function() local made = hours.new(spec) return made end)
  assert.is_false(ok)
  assert.is_truthy(message:find("hours_spec.lua:", 1, true), message)
  return (message:gsub("^%S-:%d+: ", ""))
end

local OFFICE = hours.new {
  zone = "America/Denver",
  ["mon-fri"] = "07:00-17:30",
  sat = "08:00-12:00, 13:00-17:00",
  closed = { "12-25", "2026-07-03", "12-31..01-01", "2026-08-10..2026-08-14" },
}
local NIGHT = hours.new { zone = "America/Denver", ["fri-sat"] = "22:00-06:00", sun = "24h",
  closed = { "2026-03-20" } }

describe("hours", function()
  for _, case in ipairs({
    { OFFICE, "2026-03-09 06:59", false }, { OFFICE, "2026-03-09 07:00", true },
    { OFFICE, "2026-03-09 17:29", true }, { OFFICE, "2026-03-09 17:30", false },
    { OFFICE, "2026-03-13 12:00", true }, { OFFICE, "2026-03-14 12:00", false }, -- Friday, Saturday
    { OFFICE, "2026-03-14 11:59", true }, { OFFICE, "2026-03-14 13:00", true },
    { OFFICE, "2026-03-15 10:00", false }, -- Sunday
    { OFFICE, "2026-12-25 10:00", false }, { OFFICE, "2028-12-25 10:00", false },
    { OFFICE, "2026-07-03 10:00", false }, { OFFICE, "2028-07-03 10:00", true },
    { OFFICE, "2026-12-31 10:00", false }, { OFFICE, "2027-01-01 10:00", false },
    { OFFICE, "2026-12-30 10:00", true }, { OFFICE, "2027-01-04 10:00", true },
    { OFFICE, "2026-08-10 10:00", false }, { OFFICE, "2026-08-14 10:00", false },
    { OFFICE, "2026-08-17 10:00", true }, { OFFICE, "2027-08-10 10:00", true },
    { NIGHT, "2026-03-13 21:59", false }, { NIGHT, "2026-03-13 22:00", true },
    { NIGHT, "2026-03-14 05:59", true }, { NIGHT, "2026-03-14 06:00", false },
    { NIGHT, "2026-03-14 23:30", true }, { NIGHT, "2026-03-15 05:00", true },
    { NIGHT, "2026-03-15 23:59", true }, { NIGHT, "2026-03-16 00:00", false },
    -- A closed Friday: its night does not begin, and the one before would not reach into it.
    { NIGHT, "2026-03-20 23:00", false }, { NIGHT, "2026-03-21 03:00", false },
      { NIGHT, "2026-03-21 22:00", true },
  }) do
    it(("is %s at %s"):format(case[3] and "open" or "closed", case[2]), function()
      assert.equal(case[3], case[1]:open_at(at(case[2])))
    end)
  end

  it("follows the wall clock over both changes of the year", function()
    -- Standard time until 8 March 2026, 02:00; summer time until 1 November, 02:00.
    for _, day in ipairs({ "2026-03-06", "2026-03-09", "2026-10-30", "2026-11-02" }) do
      assert.is_false(OFFICE:open_at(at(day .. " 07:00") - 1))
      assert.is_true(OFFICE:open_at(at(day .. " 07:00")))
    end
    assert.equal(3600, (at("2026-03-06 07:00") - at("2026-03-09 07:00")) % 86400)
    local early = hours.new { zone = "America/Denver", sun = "02:30-05:00" }
    assert.is_false(early:open_at(at("2026-03-08 01:59") + 59))
    assert.is_true(early:open_at(at("2026-03-08 01:59") + 60)) -- 03:00, the hour before is not there
    local late = hours.new { zone = "America/Denver", sun = "00:00-01:30" }
    local first = at("2026-11-01 01:30")
    assert.is_false(late:open_at(first))
    assert.is_true(late:open_at(first + 1800)) -- 01:00 again
    assert.is_false(late:open_at(first + 3600)) -- 01:30 again
  end)

  it("is another hour in another zone", function()
    local spec = { ["mon-sun"] = "09:00-17:00" }
    for zone, open in pairs({ ["America/New_York"] = true, ["Asia/Kolkata"] = false, UTC = true }) do
      spec.zone = zone
      assert.equal(open, hours.new(spec):open_at(at("2026-06-01 15:00", "UTC")), zone)
    end
  end)

  for _, case in ipairs({
    { OFFICE, "2026-03-09 06:00", "2026-03-09 07:00" }, { OFFICE, "2026-03-09 07:00", "2026-03-09 17:30" },
    { OFFICE, "2026-03-13 18:00", "2026-03-14 08:00" }, { OFFICE, "2026-03-14 17:00", "2026-03-16 07:00" },
    { OFFICE, "2026-12-30 18:00", "2027-01-02 08:00" }, { OFFICE, "2026-08-07 18:00", "2026-08-08 08:00" },
    { OFFICE, "2026-08-08 17:00", "2026-08-15 08:00" },
    { NIGHT, "2026-03-13 23:00", "2026-03-14 06:00" }, { NIGHT, "2026-03-14 23:00", "2026-03-16 00:00" },
    { NIGHT, "2026-03-19 23:00", "2026-03-21 22:00" },
  }) do
    it(("changes next after %s at %s"):format(case[2], case[3]), function()
      assert.equal(at(case[3]), case[1]:next_change(at(case[2])))
    end)
  end

  it("finds changes at the change of the clock, and none for a place that never closes", function()
    local early = hours.new { zone = "America/Denver", sun = "02:30-05:00" }
    assert.equal(at("2026-03-08 01:59") + 60, early:next_change(at("2026-03-08 00:00")))
    local late = hours.new { zone = "America/Denver", sun = "00:00-01:30" }
    local first = at("2026-11-01 01:30")
    assert.equal(first, late:next_change(at("2026-11-01 00:10")))
    assert.equal(first + 1800, late:next_change(first))
    assert.equal(first + 3600, late:next_change(first + 1800))
    assert.is_nil(hours.new { zone = "UTC", ["mon-sun"] = "24h" }:next_change(0))
    assert.is_nil(hours.new { zone = "UTC", ["mon-sun"] = "closed" }:next_change(0))
  end)

  it("agrees with a minute-by-minute walk over both changes", function()
    local odd = hours.new { zone = "Europe/London", sat = "23:30-02:15", sun = "01:15-01:45, 03:00-04:00" }
    for _, start in ipairs({ at("2026-03-28 20:00", "Europe/London"),
      at("2026-10-24 20:00", "Europe/London") }) do
      local t, state = start, odd:open_at(start)
      while t < start + 12 * 3600 do
        local change = odd:next_change(t)
        for minute = t, math.min(change, start + 12 * 3600) - 60, 60 do
          assert.equal(state, odd:open_at(minute), minute)
        end
        t, state = change, not state
        assert.equal(state, odd:open_at(change))
      end
    end
  end)

  for spec, expected in pairs({
    [{}] = 'hours needs a zone such as "America/Denver"',
    [{ zone = "UTC" }] = 'hours: no day is given: ["mon-fri"] = "07:00-17:30"',
    [{ zone = "UTC", mon = "8-17" }] =
      'hours: "8-17" isn\'t a range: write 08:00-17:00',
    [{ zone = "UTC", mon = "08:00" }] = 'hours: "08:00" isn\'t a range: write 07:00-17:30',
    [{ zone = "UTC", mon = "08:60-17:00" }] =
      'hours: can\'t read "08:60" in "08:60-17:00" as a time; try 07:00-17:30 or 7am-5:30pm',
    [{ zone = "UTC", mon = "08:00-24:01" }] =
      'hours: can\'t read "24:01" in "08:00-24:01" as a time; try 07:00-17:30 or 7am-5:30pm',
    [{ zone = "UTC", mon = "08:00-08:00" }] = 'hours: "08:00-08:00" is empty; for all day write 24h',
    [{ zone = "UTC", mon = "" }] = "hours: mon has no range; for a day off write closed",
    [{ zone = "UTC", mon = "08:00-12:00,11:00-13:00" }] = "hours: the ranges of mon overlap",
    [{ zone = "UTC", mon = 8 }] = 'hours: mon needs a text such as "07:00-17:30", not 8',
    [{ zone = "UTC", mon = "24h", moon = "24h" }] = 'hours: unknown day "moon" (did you mean "mon"?): '
      .. "use mon tue wed thu fri sat sun, mon-fri, a date, zone, closed",
    [{ zone = "UTC", mon = "24h", closed = { "13-01" } }] =
      'closed: "13-01" isn\'t a date: the month comes first, 01-13',
    [{ zone = "UTC", mon = "24h", closed = { "2026-02-29" } }] =
      'closed: "2026-02-29" isn\'t a date',
    [{ zone = "UTC", mon = "24h", closed = { "2026-02-02..02-03" } }] =
      'closed: give the year on both sides of "2026-02-02..02-03", or on neither',
    [{ zone = "UTC", mon = "24h", closed = { "2026-02-02..2026-01-03" } }] =
      'closed: "2026-02-02..2026-01-03" ends before it begins',
  }) do
    it("refuses: " .. expected, function() assert.equal(expected, message_of(spec)) end)
  end

  for _, case in ipairs({
    { "tue sat", "08:00-12:00", 'hours: "tue sat" needs a comma or a hyphen: write tue,sat or tue-sat' },
    { "Monday Wednesday fri", "8am-5pm", 'hours: "Monday Wednesday fri" needs a comma or a hyphen: '
      .. "write Monday,Wednesday,fri or Monday-fri" },
    { "mon", "00:00-23:59",
      'hours: "00:00-23:59" closes a minute before midnight; did you mean 00:00-24:00?' },
    { "mon", "6pm-11:59pm",
      'hours: "6pm-11:59pm" closes a minute before midnight; did you mean 18:00-24:00?' },
    { "mon", "24:00-02:00", 'hours: "24:00-02:00" begins at 24:00, which is the next day\'s 00:00' },
    { "mon", "9-5pm", 'hours: can\'t read "9" in "9-5pm" as a time; write 09:00' },
    { "mon", { "08:00-12:00", [3] = "13:00-14:00" },
      'hours: mon needs a text such as "07:00-17:30", not nil' },
    { "mon", {}, "hours: mon has no range; for a day off write closed" },
    { "4th thu novv", "closed", 'hours: can\'t read "4th thu novv" as a date; write 12-25, 2026-07-03, '
      .. '"4th thu nov", "easter-2" or 12-24..01-02' },
    { "easter-367", "closed", 'hours: can\'t read "easter-367" as a date; write 12-25, 2026-07-03, '
      .. '"4th thu nov", "easter-2" or 12-24..01-02' },
    { "2026-11-31", "closed", 'hours: "2026-11-31" isn\'t a date' },
    { 1, "08:00-12:00", 'hours: ranges need their days, such as ["mon-fri"] = "07:00-17:30"' },
  }) do
    it(("refuses %s = %s"):format(case[1], type(case[2]) == "table" and "a list" or case[2]), function()
      assert.equal(case[3], message_of { zone = "UTC", [case[1]] = case[2] })
    end)
  end

  it("refuses two dates of one rank that name one day with other hours", function()
    assert.equal('hours: "12-24" and closed "12-24" both name 2020-12-24',
      message_of { zone = "UTC", ["12-24"] = "08:00-12:00", closed = { "12-24" } })
    assert.equal('hours: "12-25" and "4th fri dec" both name 2020-12-25',
      message_of { zone = "UTC", ["12-25"] = "08:00-12:00", ["4th fri dec"] = "24h" })
    hours.new { zone = "UTC", ["12-25"] = "closed", closed = { "4th fri dec", "12-20..12-26" } }
  end)

  local FIRM = hours.new {
    zone = "America/Denver", Monday = "8:30am-5 p.m.", ["tue-thursday"] = { "08:00-12:00", "13:00-24:00" },
    fri = "18:00–02:00", ["12-24"] = "08:00-12:00", ["4th thu nov"] = "closed", ["4th thu nov+1"] = "closed",
    ["2026-12-24"] = "10:00-11:00", closed = { "easter-2..easter+1", "12-24..12-26", "last mon may" },
  }
  for _, case in ipairs({
    { "2026-11-30 08:29", false }, { "2026-11-30 08:30", true }, { "2026-11-30 16:59", true },
    { "2026-12-01 12:30", false }, { "2026-12-01 23:59", true }, { "2026-12-02 00:00", false },
    { "2026-11-26 09:00", false }, { "2026-11-27 20:00", false }, { "2027-11-25 09:00", false },
    { "2026-12-04 23:00", true }, { "2026-12-05 01:59", true }, { "2026-12-05 02:00", false },
    { "2026-05-25 09:00", false }, { "2026-05-18 09:00", true },
    { "2026-04-02 23:59", true }, { "2026-04-03 20:00", false }, { "2026-04-06 09:00", false },
    { "2026-04-07 09:00", true }, { "2027-03-26 20:00", false }, { "2027-03-29 09:00", false },
    -- The one year's Christmas Eve counts most, then every year's, then the range.
    { "2026-12-24 09:00", false }, { "2026-12-24 10:30", true }, { "2027-12-24 09:00", true },
    { "2027-12-24 18:30", false }, { "2026-12-25 20:00", false },
  }) do
    it(("of a firm: %s at %s"):format(case[2] and "open" or "closed", case[1]), function()
      assert.equal(case[2], FIRM:open_at(at(case[1])))
    end)
  end

  it("a night is kept whole when the next day is closed", function()
    local bar = hours.new { zone = "America/Denver", fri = "18:00-02:00", sat = "18:00-02:00",
      closed = { "2026-11-28" } }
    assert.is_true(bar:open_at(at("2026-11-28 01:59")))
    assert.is_false(bar:open_at(at("2026-11-28 02:00")))
    assert.is_false(bar:open_at(at("2026-11-28 19:00")))
    assert.is_false(bar:open_at(at("2026-11-29 01:00")))
    assert.equal(at("2026-11-28 02:00"), bar:next_change(at("2026-11-27 18:00")))
  end)

  it("finds a change after the clock has changed, not at the change", function()
    local night = hours.new { zone = "Europe/London", sat = "24h", sun = "02:15-24:00" }
    assert.equal(at("2027-03-28 00:00", "Europe/London"),
      night:next_change(at("2027-03-27 12:00", "Europe/London")))
  end)

  it("refuses a day named twice and an unknown zone", function()
    assert.is_truthy(message_of { zone = "UTC", ["mon-fri"] = "24h", fri = "24h" }
      :find("has named already", 1, true))
    assert.is_truthy(message_of { zone = "Mars/Olympus", mon = "24h" }:find("^hours: .*Mars/Olympus"))
  end)

  it("refuses milliseconds, text and a dot instead of a colon", function()
    for _, wrong in ipairs({ 1773000000000, "now", 1.5 }) do
      assert.is_false(pcall(OFFICE.open_at, OFFICE, wrong))
    end
    local _, message = pcall(OFFICE.open_at, 5)
    assert.is_truthy(message:find("open_at is a method of opening hours: OFFICE:open_at(call.at)", 1, true))
    assert.is_false(pcall(function() OFFICE.zone = "UTC" end))
  end)
end)

-- What people write for a zone, and the city that it means.
describe("a zone that isn't one", function()
  local zone_names = require("calls.zone_names")

  for name, city in pairs {
    CST = "America/Chicago", EST = "America/New_York", MST = "America/Denver", PT = "America/Los_Angeles",
    CEST = "Europe/Berlin", BST = "Europe/London", IST = "Asia/Kolkata", AEST = "Australia/Sydney",
    ["Etc/GMT+7"] = "America/Denver", ["Etc/GMT-1"] = "Europe/Berlin", ["UTC-6"] = "America/Chicago",
    ["GMT+1"] = "Europe/Berlin", ["-05:00"] = "America/New_York", ["+05:30"] = "Asia/Kolkata",
    ["Mountain Time"] = "America/Denver", denver = "America/Denver", ["New York"] = "America/New_York",
    ["america/chicago"] = "America/Chicago", ["Europe/Berln"] = "Europe/Berlin",
  } do
    it("is refused with the city: " .. name, function()
      local ok, message = zone_names.check(name)
      assert.is_nil(ok)
      assert.is_truthy(message:find('"' .. city .. '"', 1, true), message)
    end)
  end

  it("is never answered with one whose clocks show something else", function()
    for letters in ("CST EST MST PST XST CDT ABC QQQ ZZ CES MEZ UTX GMZ"):gmatch("%S+") do
      local _, message = zone_names.check(letters)
      for city in (message or ""):gmatch('"([^"]+)"') do
        assert.is_true(city == letters or city:find("/", 1, true) ~= nil, message)
      end
    end
  end)

  it("is told apart from zones that are", function()
    for name in ("UTC GMT Etc/UTC CET America/Denver US/Eastern Asia/Kolkata"):gmatch("%S+") do
      assert.is_true(zone_names.check(name))
    end
  end)
end)

describe("a word for a time in hours", function()
  for words, clock in pairs {
    ["8am-noon"] = "08:00-12:00", ["noon-5pm"] = "12:00-17:00", ["Noon - Midnight"] = "12:00-24:00",
    ["midnight-6am"] = "00:00-06:00", ["8am-Noon, 1pm-midnight"] = "08:00-12:00, 13:00-24:00",
    ["midnight-noon, noon-midnight"] = "00:00-12:00, 12:00-24:00", ["10pm-noon"] = "22:00-12:00",
    ["midnight-midnight"] = "00:00-24:00",
  } do
    it("means " .. clock .. ": " .. words, function()
      local said = hours.new { zone = "America/Denver", ["tue-wed"] = words }
      local meant = hours.new { zone = "America/Denver", ["tue-wed"] = clock }
      for minute = 0, 5 * 24 * 60, 10 do
        local moment = at("2026-03-09 00:00") + minute * 60
        assert.equal(meant:open_at(moment), said:open_at(moment), minute)
      end
    end)
  end

  it("doesn't stand in for the other one", function()
    for lacks, texts in pairs {
      ["doesn't say when it opens"] = { "until 12:00", "till 12", "-12:00", "– 1 pm", "closed at 1pm" },
      ["doesn't say when it closes"] = { "from 13:00", "13:00-", "opens at 1pm", "after 6 pm" },
    } do
      for _, text in ipairs(texts) do
        assert.is_truthy(message_of { zone = "UTC", mon = text }:find(lacks, 1, true), text)
      end
    end
  end)

  it("is refused where it names nothing", function()
    for _, text in ipairs { "noon-noon", "midnight", "midday-5pm", "8am-evening" } do
      assert.is_truthy(message_of { zone = "America/Denver", mon = text }:find("^hours: "), text)
    end
  end)
end)
