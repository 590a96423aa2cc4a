dofile("spec/support/native.lua")
local tz = require("tz")
local by_day = require("calls.report.by_day")

local function ms(zone, year, month, day, hour, min)
  local time = { year = year, month = month, day = day, hour = hour, min = min or 0, sec = 0 }
  return tz.instant(zone, time) * 1000
end

-- One call each, as the clocks of a zone show them.
local function counts(zone, ...)
  local found = { days = {}, hours = {} }
  for position, at in ipairs { ... } do
    local when = tz.local_time(zone, at // 1000)
    local function row(unit)
      return { unit = unit, calls = 1, inbound = 1, outbound = 0, answered = 1, voicemail = 0, missed = 0,
        talk_seconds = 60 }
    end
    found.days[position] = row((at // 1000 + when.offset) // 86400)
    found.hours[position] = row(when.hour)
  end
  return found
end

local function dates(folded)
  local out = {}
  for position, day in ipairs(folded.days) do
    out[position] = day.date .. ":" .. day.calls
  end
  return table.concat(out, " ")
end

describe("by_day", function()
  it("has every day, calls or not, and all hours", function()
    local zone = "America/Denver"
    local folded = by_day.fold(counts(zone, ms(zone, 2026, 12, 31, 23, 45)),
      { from = ms(zone, 2026, 12, 30, 0), to = ms(zone, 2027, 1, 2, 0), zone = zone })
    assert.equal("2026-12-30:0 2026-12-31:1 2027-01-01:0", dates(folded))
    assert.equal(60, folded.days[2].talk_seconds)
    assert.equal(24, #folded.hours)
    assert.equal(1, folded.hours[24].answered)
  end)

  it("counts a call on the day of the zone, not of UTC", function()
    local at = ms("UTC", 2026, 6, 1, 2)
    local span = { from = at - 1000, to = at + 1000 }
    span.zone = "America/Denver"
    assert.equal("2026-05-31:1", dates(by_day.fold(counts(span.zone, at), span)))
    span.zone = "Asia/Kolkata"
    local folded = by_day.fold(counts(span.zone, at), span)
    assert.equal("2026-06-01:1", dates(folded))
    assert.equal(1, folded.hours[8].calls) -- 07:30
  end)

  it("has days of 23 and 25 hours once", function()
    local zone = "America/Denver"
    local folded = by_day.fold(counts(zone, ms(zone, 2026, 3, 8, 23), ms(zone, 2026, 3, 9, 0)),
      { from = ms(zone, 2026, 3, 7, 0), to = ms(zone, 2026, 3, 10, 0), zone = zone })
    assert.equal("2026-03-07:0 2026-03-08:1 2026-03-09:1", dates(folded))
    local span = { from = ms(zone, 2026, 10, 31, 0), to = ms(zone, 2026, 11, 3, 0), zone = zone }
    folded = by_day.fold(counts(zone), span)
    assert.equal("2026-10-31:0 2026-11-01:0 2026-11-02:0", dates(folded))
  end)

  it("takes a span within a day, and calls of its first quarter", function()
    local from = ms("UTC", 2026, 6, 1, 0, 7)
    local folded = by_day.fold(counts("UTC", from), { from = from, to = from + 1, zone = "UTC" })
    assert.equal("2026-06-01:1", dates(folded))
  end)
end)
