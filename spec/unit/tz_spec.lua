dofile("spec/support/native.lua")
local tz = require("tz")

describe("tz", function()
  it("shows what a zone's clocks show", function()
    assert.are.same({
      year = 2026, month = 11, day = 21, hour = 20, min = 0, sec = 0,
      weekday = 6, offset = -25200, dst = false, abbr = "MST",
    }, tz.local_time("America/Denver", 1795316400))
    local summer = tz.local_time("America/Denver", 1783000000.75)
    assert.are.equal(-21600, summer.offset)
    assert.is_true(summer.dst)
    assert.are.equal("integer", math.type(summer.sec))
    assert.are.equal(7, tz.local_time("UTC", 1795316400).weekday)
  end)

  it("gives the same in numbers, without a table", function()
    for _, zone in ipairs { "America/Denver", "Asia/Kathmandu", "Pacific/Apia", "UTC" } do
      for at = -2000000000, 4000000000, 98765432 do
        local t = tz.local_time(zone, at)
        assert.are.same({ t.year, t.month, t.day, t.hour, t.min, t.weekday }, { tz.wall(zone, at) })
      end
    end
    assert.are.equal("unknown_zone", select(3, tz.wall("Europe/Nowhere", 0)))
    assert.has_error(function() tz.wall("UTC", "x") end)
  end)

  it("finds the instant of a wall time", function()
    local instant, kind = tz.instant("America/Denver", { year = 2026, month = 11, day = 21, hour = 20 })
    assert.are.equal(1795316400, instant)
    assert.are.equal("normal", kind)
    assert.are.equal("gap",
      select(2, tz.instant("America/Denver", { year = 2026, month = 3, day = 8, hour = 2, min = 30 })))
    assert.are.equal("overlap",
      select(2, tz.instant("America/Denver", { year = 2026, month = 11, day = 1, hour = 1, min = 30 })))
    assert.are.equal((tz.instant("UTC", { year = 2027, month = 1, day = 1 })),
      (tz.instant("UTC", { year = 2026, month = 12, day = 31, hour = 23, min = 59, sec = 60 })))
  end)

  it("raises for a date that is none", function()
    for _, date in ipairs({
      {}, { year = 2026 }, { year = "x", month = 1, day = 1 }, { year = 2026, month = 1.5, day = 1 },
      { year = 1e300, month = 1, day = 1 }, { year = math.maxinteger, month = 1, day = 1 },
    }) do
      assert.has_error(function() tz.instant("UTC", date) end)
    end
    assert.has_error(function() tz.instant("UTC", "2026-01-01") end)
    for _, at in ipairs({ "x", 0 / 0, 1e300, math.huge }) do
      assert.has_error(function() tz.local_time("UTC", at) end)
    end
    assert.has_error(function() tz.local_time("UTC") end)
  end)

  it("knows when the clocks change next", function()
    assert.are.equal(1772960400, tz.next_change("America/Denver", 1772960399))
    assert.are.equal(1793520000, tz.next_change("America/Denver", 1772960400))
    assert.is_nil(tz.next_change("UTC", 0))
    assert.are.equal(1, select("#", tz.next_change("UTC", 0)))
  end)

  it("survives the far ends of time", function()
    for _, at in ipairs({ math.mininteger, math.maxinteger, -2 ^ 60, 2 ^ 60 }) do
      assert.are.equal("table", type(tz.local_time("Europe/Berlin", at)))
      tz.next_change("Europe/Berlin", at)
    end
  end)

  it("says which zone was probably meant", function()
    assert.is_true(tz.exists("Europe/Berlin"))
    local calls = {
      function() return tz.exists("America/Denvr") end,
      function() return tz.local_time("America/Denvr", 0) end,
      function() return tz.next_change("America/Denvr", 0) end,
      function() return tz.instant("America/Denvr", { year = 2026, month = 1, day = 1 }) end,
    }
    for _, call in ipairs(calls) do
      local value, message, code = call()
      assert.is_nil(value)
      assert.is_truthy(message:find('did you mean "America/Denver"?', 1, true))
      assert.are.equal("unknown_zone", code)
    end
    for _, name in ipairs({ "", "/etc/passwd", "../UTC", "America", "UTC\0", "posix/../UTC" }) do
      assert.are.equal("unknown_zone", select(3, tz.exists(name)))
    end
  end)
end)
