dofile("spec/support/native.lua")
local examples = require("calls.rules.examples")
local tz = require("tz")

local function plan_of(kind)
  return { start = 1, steps = { { kind = kind } } }
end

--- A stand-in for the module `rules`: these examples, and one way to decide.
local function rules_with(list, decide)
  return {
    examples = function() return list end,
    calendar = function() return {} end,
    list = function() return { { name = "one", line = 1, plan = plan_of("reject") } } end,
    decide = decide or function() return true, 1, plan_of("voicemail"), "{}" end,
  }
end

describe("the time of an example", function()
  local function rules_at(...)
    local list = {}
    for i, at in ipairs { ... } do list[i] = { at = at, expect = "voicemail" } end
    return rules_with(list)
  end

  it("that clocks skip is refused", function()
    local rules = rules_at("2026-03-08 02:30", "2026-03-08 03:00")
    local found = examples.check(rules, { zone = "America/New_York" })
    assert.same({ { number = 1, why = 'at = "2026-03-08 02:30": clocks in America/New_York skip this time, '
      .. "01:59 is followed by 03:00" } }, found)
  end)

  it("that clocks show twice is told, with both spellings", function()
    local rules = rules_at("2026-10-25 02:30", "2026-10-25T02:30+01:00", "2026-10-25 03:00")
    assert.same({}, examples.check(rules, { zone = "Europe/Berlin" }))
    assert.same({ { number = 1, why = 'at = "2026-10-25 02:30": clocks in Europe/Berlin show this time '
      .. 'twice; the first is meant, "2026-10-25T02:30+02:00", or else write "2026-10-25T02:30+01:00"' } },
      examples.twice(rules, { zone = "Europe/Berlin" }))
  end)
end)

describe("the input of an example", function()
  it("is an ordinary call where it says nothing", function()
    local input = examples.input({ expect = "voicemail" }, "America/Denver")
    assert.are.equal("+15005550100", input.from)
    assert.are.equal("phone", input.caller.kind)
    assert.is_false(input.line.busy)
    assert.are.equal("America/Denver", input.number.timezone)
    assert.are.same({}, input.lookups)
    assert.is_nil(input.expect)
    local at = tz.local_time("America/Denver", input.at)
    assert.are.same({ 12, 0, 1 }, { at.hour, at.min, at.weekday })
  end)

  it("has what the example says", function()
    local input = examples.input({
      from = "anonymous", at = 5, caller = { tags = { "vip" } }, line = { busy = true }, owner = { id = "7" },
      lookups = { job = 1 }, forwarding = { busy = {} }, override = { ends_at = 1 },
    }, "UTC")
    assert.is_true(input.caller.anonymous)
    assert.are.equal("vip", input.caller.tags[1])
    assert.is_true(input.line.busy)
    assert.is_false(input.line.online)
    assert.are.equal("7", input.owner.id)
    assert.are.equal(1, input.lookups.job)
    assert.are.same({ busy = {} }, input.forwarding)
    assert.are.equal(1, input.override.ends_at)
    assert.are.equal(5, input.at)
  end)

  for _, case in ipairs({
    { "2026-11-22 03:00", "UTC", "2026-11-22 03:00:00" },
    { "2026-11-22T03:00", "UTC", "2026-11-22 03:00:00" },
    { "2026-11-22 03:00:30", "UTC", "2026-11-22 03:00:30" },
    { "2026-11-22 03:00 America/Denver", "UTC", "2026-11-22 10:00:00" },
    { "2026-07-01 03:00:59 America/Denver", "UTC", "2026-07-01 09:00:59" },
    { "2026-11-22 03:00", "America/Denver", "2026-11-22 10:00:00" },
  }) do
    it(("reads %s in %s"):format(case[1], case[2]), function()
      local input = examples.input({ at = case[1] }, case[2])
      assert.are.equal(case[3], os.date("!%Y-%m-%d %H:%M:%S", input.at))
    end)
  end

  for _, at in ipairs({ "yesterday", "", "2026-11-22", "2026-11-22 03", "2026-11-22 03:00 !",
    "22.11.2026 03:00", "2026-02-30 03:00", "2026-11-22 24:30", true, {}, 1.5 }) do
    it("is refused for the time " .. tostring(at):gsub("0x%x+", "…"), function()
      local input, message = examples.input({ at = at }, "UTC")
      assert.is_nil(input)
      assert.is_truthy(message:find(" as a time", 1, true), message)
    end)
  end

  it("is refused for a zone that there is not", function()
    local input, message = examples.input({ at = "2026-11-22 03:00 America/Denvr" }, "UTC")
    assert.is_nil(input)
    assert.is_truthy(message:find("America/Denver", 1, true), message)
  end)
end)

describe("the zone of an example", function()
  local DENVER, BERLIN = { zone = "America/Denver" }, { zone = "Europe/Berlin" }
  local FACTS = { numbers = { { number = { phone_number = "+12125550100", timezone = "America/New_York" } },
    { number = { phone_number = "+14155550100" } } } }

  for _, case in ipairs {
    { "that of the file, before the number's", {}, { DENVER, DENVER }, FACTS, "America/Denver" },
    { "the example's own, before the file's", { number = { timezone = "Asia/Tokyo" } }, { DENVER }, FACTS,
      "Asia/Tokyo" },
    { "the called number's, where the file has several", { to = "+12125550100" }, { BERLIN, DENVER }, FACTS,
      "America/New_York" },
    { "the first of the file, where the number has none", { to = "+14155550100" }, { BERLIN, DENVER }, FACTS,
      "Europe/Berlin" },
    { "the number's, where the file has none", {}, {}, FACTS, "America/New_York" },
    { "the configuration's, where nothing has any", {}, {}, nil, "UTC" },
  } do
    it("is " .. case[1], function()
      assert.equal(case[5], examples.zone(case[2], { zone = "UTC", calendar = case[3], facts = case[4] }))
    end)
  end
end)

describe("examples.check", function()
  it("gives nothing when all hold", function()
    assert.same({}, examples.check(rules_with({}), { zone = "UTC" }))
    local both = { { expect = "voicemail" }, { expect = "voicemail" } }
    assert.same({}, examples.check(rules_with(both), { zone = "UTC" }))
  end)

  it("gives all that don't hold, and why", function()
    local list = { { expect = "reject" }, { expect = "voicemail" }, { from = "+1", expect = "reject" } }
    local found = examples.check(rules_with(list), { zone = "UTC" })
    assert.are.equal(2, #found)
    assert.are.equal(1, found[1].number)
    assert.are.equal(3, found[2].number)
    assert.are.equal('the call from +1 at 2026-01-05 12:00 (UTC) goes to "voicemail" by rule "one", '
      .. 'expected "reject"', found[2].why)
  end)

  it("takes the plan that is written out in the file", function()
    local rules = rules_with({ { expect = "reject" } }, function() return true, 1, nil, "{}" end)
    assert.same({}, examples.check(rules, { zone = "UTC" }))
  end)

  it("knows the console's settings", function()
    local rules = rules_with({ { expect = "settings" } }, function() return true, nil, nil, "{}" end)
    assert.same({}, examples.check(rules, { zone = "UTC" }))
  end)

  it("reports rules that fail", function()
    local rules = rules_with({ { expect = "voicemail" } }, function()
      return nil, "forwarding.lua:3: oops", "error", "{}"
    end)
    local found = examples.check(rules, { zone = "UTC" })
    assert.same({ { number = 1, why = "oops", line = 3 } }, found)
  end)
end)
