local dial_outcome = require("calls.steps.dial_outcome")

local LINE = { kind = "ring", leg = "line", targets = { { user = "42" } }, seconds = 20 }
local FWD = { kind = "ring", leg = "fwd", targets = { { phone = "+13035550142" } }, seconds = 20,
  confirm = true }
local PLAIN = { kind = "ring", leg = "fwd", targets = { { phone = "+13035550142" } }, seconds = 20,
  confirm = false }
local GROUP = { kind = "ring", leg = "simulring", seconds = 20, confirm = true,
  targets = { { phone = "+13035550142" }, { phone = "+13035550143" } } }
local MIXED = { kind = "ring", leg = "simulring", seconds = 20, confirm = true,
  targets = { { phone = "+13035550142" }, { user = "42" } } }

-- What the platform may say for one thing that happened, in all the variants
-- that are not settled without an account.
local HAPPENED = {
  connected = { { status = "completed", bridged = "true" }, { status = "answered", bridged = "true" },
    { status = "completed", bridged = true }, { status = "completed", accepted = true },
    { status = "answered", accepted = true } },
  busy = { { status = "busy" }, { status = "busy", bridged = "false" } },
  ["no-answer"] = { { status = "no-answer" }, { status = "no-answer", bridged = "false" },
    { status = "canceled" },
    { status = "canceled", bridged = "false" }, { status = "" }, {}, { status = "whatever" },
      { status = "BUSY" } },
  failed = { { status = "failed" }, { status = "failed", bridged = "false" } },
  ["caller gone"] = { { status = "no-answer", parent_status = "completed" },
    { status = "canceled", parent_status = "completed" }, { status = "canceled", parent_status = "canceled" },
    { status = "no-answer", parent_status = "no-answer" } },
  declined = { { status = "completed", bridged = "false" }, { status = "answered", bridged = "false" },
    { status = "completed", bridged = "false", accepted = true } },
  ["declined, bridge not told"] = { { status = "completed" }, { status = "answered", bridged = "" } },
}

local TABLE = {
  { "line", LINE, { connected = "answered", busy = "busy", ["no-answer"] = "no_answer", failed = "failed",
    ["caller gone"] = "abandoned", declined = "declined", ["declined, bridge not told"] = "answered" } },
  { "fwd", FWD, { connected = "forwarded", busy = "busy", ["no-answer"] = "no_answer", failed = "failed",
    ["caller gone"] = "abandoned", declined = "declined", ["declined, bridge not told"] = "declined" } },
  { "fwd without screen", PLAIN, { connected = "forwarded", busy = "busy", ["no-answer"] = "no_answer",
    failed = "failed", ["caller gone"] = "abandoned", declined = "declined",
    ["declined, bridge not told"] = "forwarded" } },
  { "simulring", GROUP, { connected = "answered", busy = "busy", ["no-answer"] = "no_answer",
    failed = "failed",
    ["caller gone"] = "abandoned", declined = "declined", ["declined, bridge not told"] = "declined" } },
  { "simulring with a browser", MIXED, { connected = "answered", busy = "busy", ["no-answer"] = "no_answer",
    failed = "failed", ["caller gone"] = "abandoned", declined = "declined",
    ["declined, bridge not told"] = "declined" } },
  { "no step", nil, { connected = "forwarded", busy = "busy", ["no-answer"] = "no_answer", failed = "failed",
    ["caller gone"] = "abandoned", declined = "declined", ["declined, bridge not told"] = "declined" } },
}

describe("dial_outcome.read", function()
  for _, row in ipairs(TABLE) do
    for happened, reports in pairs(HAPPENED) do
      it(("of %s when %s is %s"):format(row[1], happened, row[3][happened]), function()
        for _, report in ipairs(reports) do
          local result = dial_outcome.read(row[2], report)
          assert.equal(row[3][happened], result.outcome, report.status)
          local connected = result.outcome == "answered" or result.outcome == "forwarded"
          assert.equal(connected, result.connected)
        end
      end)
    end
  end

  it("counts a leak only of a forwarded call, a bad target and a failed line by name", function()
    assert.is_true(dial_outcome.read(FWD, { status = "completed", bridged = "false" }).leak)
    assert.is_true(dial_outcome.read(FWD, { status = "completed" }).leak)
    assert.is_false(dial_outcome.read(FWD, { status = "completed", bridged = "true" }).leak)
    assert.is_false(dial_outcome.read(FWD, { status = "no-answer" }).leak)
    assert.is_false(dial_outcome.read(LINE, { status = "completed", bridged = "false" }).leak)
    assert.is_false(dial_outcome.read(GROUP, { status = "completed", bridged = "false" }).leak)
    assert.equal("+13035550142", dial_outcome.read(FWD, { status = "failed" }).bad_target)
    assert.is_nil(dial_outcome.read(GROUP, { status = "failed" }).bad_target)
    assert.is_nil(dial_outcome.read(FWD, { status = "busy" }).bad_target)
    assert.equal("line_failed", dial_outcome.read(LINE, { status = "failed" }).note)
  end)

  it("believes a browser that answered in a group, which is not asked to press 1", function()
    local read = dial_outcome.read(MIXED, { status = "completed", to = "client:user_42" })
    assert.equal("answered", read.outcome)
    assert.equal("declined", dial_outcome.read(MIXED, { status = "completed", to = "+13035550142" }).outcome)
  end)

  it("says that the caller is gone when the parent has ended unconnected", function()
    assert.is_true(dial_outcome.read(FWD, { status = "busy", parent_status = "completed" }).caller_gone)
    assert.is_false(dial_outcome.read(FWD, { status = "busy", parent_status = "in-progress" }).caller_gone)
    assert.is_false(dial_outcome.read(FWD,
      { status = "completed", bridged = "true", parent_status = "completed" }).caller_gone)
  end)
end)
