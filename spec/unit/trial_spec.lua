-- What rules must pass before they decide calls.
dofile("spec/support/native.lua")
local trial = require("calls.proof.trial")

local VOICEMAIL = { start = 1, steps = { { kind = "voicemail" } } }
local OPTIONS = { zone = "UTC", ring_limit = 60 }

local function rules_with(examples)
  return {
    examples = function() return examples end,
    calendar = function() return {} end,
    list = function() return { { name = "one", line = 2, plan = VOICEMAIL } } end,
    decide = function() return true, 1, nil, "{}" end,
  }
end

describe("trial.run", function()
  it("counts what was tried", function()
    local both = { { expect = "voicemail" }, { expect = "voicemail" } }
    local report, fault = trial.run(rules_with(both), OPTIONS)
    assert.is_nil(fault)
    assert.equal(1, report.rules)
    assert.equal(2, report.examples)
  end)

  it("tells which example does not hold", function()
    local one_of_two = { { expect = "voicemail" }, { expect = "reject" } }
    local report, fault = trial.run(rules_with(one_of_two), OPTIONS)
    assert.equal(1, report.examples)
    assert.equal("example", fault.code)
    assert.truthy(fault.message:find('^example 2: .*expected "reject"$'))
  end)
end)
