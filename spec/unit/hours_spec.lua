local tz = dofile("spec/support/zones.lua")
local hours = require("calls.rules.hours")

--- "2026-03-09 09:30" in a zone, as seconds since 1970.
local function at(text, zone)
  local year, month, day, hour, min = text:match("^(%d+)-(%d+)-(%d+) (%d+):(%d+)$")
  return (tz.instant(zone or "America/Denver", {
    year = math.tointeger(year), month = math.tointeger(month), day = math.tointeger(day),
    hour = math.tointeger(hour), min = math.tointeger(min), sec = 0,
  }))
end

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
    [{ zone = "UTC", mon = "8-17" }] = 'hours: can\'t read "8" in "8-17" as a time; try 07:00-17:30',
    [{ zone = "UTC", mon = "08:00" }] = 'hours: "08:00" is no range: write 07:00-17:30',
    [{ zone = "UTC", mon = "08:60-17:00" }] =
      'hours: can\'t read "08:60" in "08:60-17:00" as a time; try 07:00-17:30',
    [{ zone = "UTC", mon = "08:00-24:01" }] =
      'hours: can\'t read "24:01" in "08:00-24:01" as a time; try 07:00-17:30',
    [{ zone = "UTC", mon = "08:00-08:00" }] = 'hours: "08:00-08:00" is empty; for all day write 24h',
    [{ zone = "UTC", mon = "" }] = "hours: mon has no range; for a day off write closed",
    [{ zone = "UTC", mon = "08:00-12:00,11:00-13:00" }] = "hours: the ranges of mon overlap",
    [{ zone = "UTC", mon = 8 }] = 'hours: mon needs a text such as "07:00-17:30", not 8',
    [{ zone = "UTC", mon = "24h", moon = "24h" }] = 'hours: unknown day "moon" (did you mean "mon"?): '
      .. "use mon tue wed thu fri sat sun, mon-fri, zone, closed",
    [{ zone = "UTC", mon = "24h", closed = { "13-01" } }] =
      'closed: "13-01" is no date: write 12-25, 2026-07-03 or 12-24..01-02',
    [{ zone = "UTC", mon = "24h", closed = { "2026-02-29" } }] =
      'closed: "2026-02-29" is no date: write 12-25, 2026-07-03 or 12-24..01-02',
    [{ zone = "UTC", mon = "24h", closed = { "2026-02-02..02-03" } }] =
      'closed: give the year on both sides of "2026-02-02..02-03", or on none',
    [{ zone = "UTC", mon = "24h", closed = { "2026-02-02..2026-01-03" } }] =
      'closed: "2026-02-02..2026-01-03" ends before it begins',
  }) do
    it("refuses: " .. expected, function() assert.equal(expected, message_of(spec)) end)
  end

  it("refuses a day named twice and an unknown zone", function()
    assert.is_truthy(message_of { zone = "UTC", ["mon-fri"] = "24h", fri = "24h" }
      :find("name the same day", 1, true))
    assert.is_truthy(message_of { zone = "Mars/Olympus", mon = "24h" }:find("^hours: .*Mars/Olympus"))
  end)

  it("refuses milliseconds, text and a dot instead of a colon", function()
    for _, wrong in ipairs({ 1773000000000, "now", 1.5 }) do
      assert.is_false(pcall(OFFICE.open_at, OFFICE, wrong))
    end
    local _, message = pcall(OFFICE.open_at, 5)
    assert.is_truthy(message:find("open_at is asked of hours: OFFICE:open_at(call.at)", 1, true))
    assert.is_false(pcall(function() OFFICE.zone = "UTC" end))
  end)
end)
