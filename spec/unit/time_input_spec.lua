dofile("spec/support/native.lua")
local time_input = require("calls.time_input")

local ZONE = "America/Denver"
local NOW = 1795737600000 -- a Thursday

describe("moment", function()
  it("shows a moment by the clocks of a zone", function()
    assert.equal("Thu 2026-11-26 17:00 America/Denver", time_input.shown(NOW, ZONE))
  end)

  for text, expected in pairs {
    ["18:00"] = "Thu 2026-11-26 18:00",
    ["17:00"] = "Fri 2026-11-27 17:00",
    ["06:30"] = "Fri 2026-11-27 06:30",
    ["6pm"] = "Thu 2026-11-26 18:00",
    ["12am"] = "Fri 2026-11-27 00:00",
    ["5:15 pm"] = "Thu 2026-11-26 17:15",
    ["90m"] = "Thu 2026-11-26 18:30",
    ["+2h"] = "Thu 2026-11-26 19:00",
    ["3d"] = "Sun 2026-11-29 17:00",
    ["2026-11-30"] = "Mon 2026-11-30 00:00",
    ["2026-11-30 09:15"] = "Mon 2026-11-30 09:15",
    ["2026-11-30 09:15:59"] = "Mon 2026-11-30 09:15",
    ["2026-11-30 09:15:59 Europe/Berlin"] = "Mon 2026-11-30 01:15",
    ["2028-02-29 09:15"] = "Tue 2028-02-29 09:15",
    ["2026-11-30T09:15:00Z"] = "Mon 2026-11-30 02:15",
    ["2026-11-30T09:15:00.25Z"] = "Mon 2026-11-30 02:15",
    ["2026-11-30T09:15:00.25-07:00"] = "Mon 2026-11-30 09:15",
    ["2026-11-30T09:15Z"] = "Mon 2026-11-30 02:15",
    ["2026-11-30T09:15:00+01:00"] = "Mon 2026-11-30 01:15",
    ["2026-11-30 09:15 Europe/Berlin"] = "Mon 2026-11-30 01:15",
    ["2026-11-30 09:15 UTC"] = "Mon 2026-11-30 02:15",
  } do
    it("reads " .. text, function()
      assert.equal(expected .. " " .. ZONE, time_input.shown(assert(time_input.ahead(text, ZONE, NOW)), ZONE))
    end)
  end

  for _, text in ipairs {
    "", "soon", "25:00", "15", "15:7", "13pm", "2026-13-01",
    "2026-02-29", "2026-02-30 03:00", "2026-02-30T03:00Z", "2026-11-30 09:15:60",
    "2026-11-31 25:00", "99999999999d",
    "2026-11-30 09:15 Mars/Base", "10x",
    "2026-11-22 03:00:5", "2026-11-22 03:000", "2026-11-22 03:0030", "2026-11-22 03:005Z",
    "2026-11-22 03:0030+01:00",
    "2026-11-22 03:00:5Z", "2026-11-22 03:00:00.5", "2026-11-22 03", "2026-11-22T03Z",
  } do
    it("says what would be right instead of " .. text, function()
      local at, message, code = time_input.ahead(text, ZONE, NOW)
      assert.is_nil(at)
      assert.is_string(message)
      assert.equal("malformed", code)
    end)
  end

  it("reads spans of time that have been", function()
    local function back(text) return time_input.shown(assert(time_input.back(text, ZONE, NOW)), ZONE) end
    assert.equal("Thu 2026-11-19 17:00 America/Denver", back("7d"))
    assert.equal("Sun 2026-11-01 00:00 America/Denver", back("2026-11-01"))
    assert.is_nil((time_input.back("yesterday", ZONE, NOW)))
  end)

  it("lets a date that ends a span include its day, also where the clocks change", function()
    local function shown(read, text) return time_input.shown(assert(read(text, ZONE, NOW, true)), ZONE) end
    local function ahead(text) return shown(time_input.ahead, text) end
    local function back(text) return shown(time_input.back, text) end
    assert.equal("Mon 2026-12-28 00:00 America/Denver", ahead("2026-12-27"))
    assert.equal("Fri 2027-01-01 00:00 America/Denver", ahead("2026-12-31"))
    assert.equal("Mon 2027-03-15 00:00 America/Denver", ahead("2027-03-14"))
    assert.equal("Sun 2026-12-27 00:00 America/Denver", ahead("2026-12-27 00:00"))
    assert.equal("Mon 2026-11-02 00:00 America/Denver", back("2026-11-01"))
    assert.equal("Thu 2026-11-19 17:00 America/Denver", back("7d"))
  end)

  it("finds 02:30 in a night that has none, an hour later", function()
    local before = assert(time_input.ahead("2026-03-07 23:00", ZONE, NOW))
    local at = time_input.ahead("02:30", ZONE, before)
    assert.equal("Sun 2026-03-08 03:30 America/Denver", time_input.shown(at, ZONE))
  end)
end)
