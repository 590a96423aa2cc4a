-- Rotas and the clocks of a call, by examples; calendar_test.mjs holds them against another calendar.
local at = dofile("spec/support/wall_time.lua")
local clock = require("calls.hours.clock")
local rota = require("calls.hours.rota")

local JOE, ANA, SUE = "+13035550142", "+13035550177", "+13035550166"

local function message_of(f)
  local ok, message = pcall(f)
  assert.is_false(ok)
  assert.is_truthy(message:find("rota_spec.lua:", 1, true), message)
  return (message:gsub("^%S-:%d+: ", ""))
end

local function with(fields, ...)
  local spec = { zone = "America/Denver", every = "week", from = "2026-01-05 08:00", ... }
  for key, value in pairs(fields or {}) do spec[key] = value end
  return spec
end

describe("a rota", function()
  local WEEKS = rota.new(with({ ["2026-07-04"] = SUE, ["2026-12-24..2026-12-26"] = SUE }, JOE, ANA, SUE))

  for _, case in ipairs {
    { "2026-01-05 08:00", JOE }, { "2026-01-12 07:59", JOE }, { "2026-01-12 08:00", ANA },
    { "2026-01-19 08:00", SUE }, { "2026-01-26 08:00", JOE },
    { "2026-01-05 07:59", SUE }, -- before the first turn it goes round as well
    { "2026-06-08 07:59", JOE }, { "2026-06-08 08:00", ANA }, -- by the clock in summer, too
    { "2026-07-04 07:59", ANA }, { "2026-07-04 08:00", SUE }, { "2026-07-05 07:59", SUE },
    { "2026-07-05 08:00", ANA },
    { "2026-12-24 08:00", SUE }, { "2026-12-27 07:59", SUE },
  } do
    it(("has %s on call at %s"):format(case[2], case[1]), function()
      assert.equal(case[2], WEEKS:at(at(case[1])))
    end)
  end

  it("is handed over once in the night in which the clocks show an hour twice", function()
    local night = rota.new(with({ every = "day", from = "2026-01-01 01:30" }, JOE, ANA))
    local first = at("2026-11-01 01:30")
    local before, after = night:at(first - 1), night:at(first)
    assert.not_equal(before, after)
    for seconds = 0, 86400, 900 do assert.equal(after, night:at(first + seconds)) end
    assert.equal(at("2026-11-02 01:30"), night:next_change(first))
  end)

  it("is handed over in the night in which the clocks leave the time out", function()
    local night = rota.new(with({ every = "day", from = "2026-01-01 02:30" }, JOE, ANA))
    local change = at("2026-03-08 03:30")
    assert.not_equal(night:at(change - 1), night:at(change))
    assert.equal(change, night:next_change(at("2026-03-07 12:00")))
  end)

  it("says when someone else takes over, past turns of the same person; nil when nobody does", function()
    local twice = rota.new(with({}, JOE, JOE, ANA))
    assert.equal(at("2026-01-19 08:00"), twice:next_change(at("2026-01-05 08:00")))
    assert.is_nil(rota.new(with({}, JOE)):next_change(0))
    assert.equal(at("2026-07-04 08:00"), WEEKS:next_change(at("2026-06-29 08:00")))
  end)

  it("has turns of a day and of any number of days", function()
    local days = rota.new(with({ every = "day" }, JOE, ANA))
    assert.equal(ANA, days:at(at("2026-01-06 08:00")))
    local fortnights = rota.new(with({ every = { days = 14 } }, JOE, ANA))
    assert.equal(JOE, fortnights:at(at("2026-01-19 07:59")))
    assert.equal(ANA, fortnights:at(at("2026-01-19 08:00")))
  end)

  it("gives whatever ring takes, and nobody can change that", function()
    local both = rota.new(with({}, { JOE, ANA }))
    assert.equal(ANA, both:at(0)[2])
    assert.is_false(pcall(function() both:at(0)[1] = SUE end))
    assert.is_false(pcall(function() both.zone = "UTC" end))
  end)

  it("a day of one year counts more than a range, and than every year's", function()
    local swaps = rota.new(with({ ["12-24"] = ANA, ["2026-12-20..2026-12-31"] = SUE, ["2026-12-25"] = JOE },
      JOE, ANA))
    assert.equal(SUE, swaps:at(at("2026-12-24 12:00")))
    assert.equal(JOE, swaps:at(at("2026-12-25 12:00")))
    assert.equal(ANA, swaps:at(at("2027-12-24 12:00")))
  end)

  for expected, f in pairs {
    ['rota: every must be "week", not "weekly"'] =
      function() rota.new(with({ every = "weekly" }, JOE)) end,
    ['rota: every must be "week", "day" or { days = 14 }, not { days = 0 }'] =
      function() rota.new(with({ every = { days = 0 } }, JOE)) end,
    ['rota: every must be { days = 21 }, not "3 weeks"'] =
      function() rota.new(with({ every = "3 weeks" }, JOE)) end,
    ['rota: every must be "week", "day" or { days = 14 }, not "0 days"'] =
      function() rota.new(with({ every = "0 days" }, JOE)) end,
    ['rota: every must be "week", "day" or { days = 14 }, not "1000 days"'] =
      function() rota.new(with({ every = "1000 days" }, JOE)) end,
    ['rota: every must be "week", "day" or { days = 14 }, not "99999999999999999999 weeks"'] =
      function() rota.new(with({ every = "99999999999999999999 weeks" }, JOE)) end,
    ['rota: every must be "week", "day" or { days = 14 }, not 400'] =
      function() rota.new(with({ every = 400 }, JOE)) end,
    ['rota: from is the date and time of the first hand-over, such as "2026-01-05 08:00", not "2026-01-05"'] =
      function() rota.new(with({ from = "2026-01-05" }, JOE)) end,
    ['rota: "2026-02-30 08:00" isn\'t a date'] = function()
      rota.new(with({ from = "2026-02-30 08:00" }, JOE))
    end,
    ["rota: number 2 is nil: is its name misspelt?"] = function() rota.new(with({}, JOE, nil, SUE)) end,
    ['rota needs people: rota { zone = …, every = "week", from = "2026-01-05 08:00", JOE, ANA }'] =
      function() rota.new(with {}) end,
    ['rota has no field "evry" (did you mean "every"?)'] =
      function() rota.new(with({ evry = "day" }, JOE)) end,
    ['rota: "2026-12-20..2026-12-24" and "2026-12-24..2026-12-26" both name 2026-12-24'] = function()
      rota.new(with({ ["2026-12-20..2026-12-24"] = SUE, ["2026-12-24..2026-12-26"] = ANA }, JOE))
    end,
    ['a rota has no "nxt_change" (did you mean "next_change"?): ask it, ONCALL:at(call.at)'] = function()
      return rota.new(with({}, JOE)):nxt_change(0)
    end,
    ["at is a method of a rota: ONCALL:at(call.at)"] = function()
      local one = rota.new(with({}, JOE)).at(5)
      return one
    end,
    ["at needs a time in seconds, such as call.at, not nil"] = function()
      local one = rota.new(with({}, JOE)):at()
      return one
    end,
  } do
    it("refuses: " .. expected, function() assert.equal(expected, message_of(f)) end)
  end
end)

describe("the time of a call", function()
  local moment = at("2026-11-26 17:05")

  it("is what the clocks of a zone show", function()
    local now = clock.at("America/Denver", moment)
    assert.same({ "thu", "2026-11-26", 2026, 11, 26, 17, 5, "17:05", "America/Denver" }, { now.weekday,
      now.date, now.year, now.month, now.day, now.hour, now.minute, now.clock, now.zone })
    assert.equal("2026-11-27", clock.at("Europe/London", moment).date)
  end)

  it("is the number's zone's, else the configuration's", function()
    local fields = clock.fields("Europe/London")
    assert.equal(0, fields.time({ at = moment, number = {} }).hour)
    assert.equal(17, fields.time({ at = moment, number = { timezone = "America/Denver" } }).hour)
    local call = { at = moment, number = {}, time_in = fields.time_in() }
    assert.equal(17, call:time_in("America/Denver").hour)
  end)

  it("cannot be changed, and says which fields it has", function()
    local now = clock.at("America/Denver", moment)
    assert.equal("the time of a call cannot be changed", message_of(function() now.hour = 3 end))
    assert.is_truthy(message_of(function() return now.wekday .. "" end)
      :find('did you mean "weekday"?', 1, true))
    local call = { at = moment, time_in = clock.fields().time_in() }
    assert.is_truthy(message_of(function() local t = call:time_in("Mars/Olympus") return t end)
      :find("Mars/Olympus", 1, true))
    assert.is_truthy(message_of(function() local t = call.time_in("UTC") return t end)
      :find("time_in needs a colon", 1, true))
  end)

  for text, minutes in pairs {
    ["08:00"] = 480, ["8:00"] = 480, ["24:00"] = 1440, ["8am"] = 480, ["8 am"] = 480, ["8:30 p.m."] = 1230,
    ["12am"] = 0, ["12pm"] = 720, ["12:30AM"] = 30,
  } do
    it(("reads %s"):format(text), function() assert.equal(minutes, clock.minutes(text)) end)
  end

  for _, text in ipairs { "8", "24:01", "25:00", "8:60", "13pm", "0am", "8:5", "830", "8:3am", "am", "" } do
    it(("does not take %q for a time"):format(text), function() assert.is_nil(clock.minutes(text)) end)
  end
end)
