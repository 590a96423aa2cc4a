dofile("spec/support/native.lua")
local decide = require("calls.rules.decide")
local stored_plan = require("calls.plans.stored_plan")
local plan_words = require("calls.plans.words")
local console_forwarding = require("calls.plans.console_forwarding")

local RULES_PLAN = { start = 1, steps = { { kind = "say", text = "From the rules." } } }
local WRITTEN = { start = 1, steps = { { kind = "say", text = "Written out." } } }
local LIST = { { name = "first", line = 12 }, { name = "second", line = 20, plan = WRITTEN } }

local function input(changes)
  local made = {
    from = "+13035550123", to = "+13035550100", at = 1773000000,
    number = { id = 1, user_id = "42", phone_number = "+13035550100", is_active = 1 },
    forwarding = { always = { id = 7, forward_to_number = "+13035550142", ring_timeout = 20 } },
    caller = { blocked = false }, line = { busy = false, online = { "42" } },
  }
  for key, value in pairs(changes or {}) do made[key] = value end
  return made
end

local function consult(...)
  local answer = table.pack(...)
  return function() return table.unpack(answer, 1, answer.n) end
end

local function never() error("the rules were asked") end

describe("decide.choose", function()
  local OFF = { id = 1, user_id = "42", phone_number = "+13035550100", is_active = 0 }
  local OVERRIDE = { forward_to_number = "+13035550155", ring_timeout = 25 }

  it("goes by: number off, blocked, override, rules, settings", function()
    local all = { number = OFF, caller = { blocked = true }, override = OVERRIDE }
    local closed = { source = "inactive", plan = console_forwarding.closed() }
    assert.same(closed, decide.choose(input(all), never, LIST))
    all.number = nil
    assert.same({ source = "blocked", plan = { start = 1,
      steps = { { kind = "reject", reason = "rejected" } } } },
      decide.choose(input(all), never, LIST))
    all.caller = { blocked = 1 }
    assert.equal("blocked", decide.choose(input(all), never, LIST).source)
    all.caller = { blocked = 0 }
    assert.same({ source = "override", plan = console_forwarding.override(OVERRIDE) },
      decide.choose(input(all), never, LIST))
  end)

  it("takes the plan that a rule made, with its name and line", function()
    assert.same({ source = "rules", plan = RULES_PLAN, index = 1, rule = "first", line = 12, reads = "{}" },
      decide.choose(input(), consult(true, 1, RULES_PLAN, "{}"), LIST))
  end)

  it("takes the plan that is written in the file when the rule made none", function()
    assert.same({ source = "rules", plan = WRITTEN, index = 2, rule = "second", line = 20, reads = "{}" },
      decide.choose(input(), consult(true, 2, nil, "{}"), LIST))
  end)

  it("uses the settings when no rule matched, or one said nothing", function()
    local expected = console_forwarding.plan(input().number, input().forwarding, input().line)
    local decision = decide.choose(input(), consult(true, nil, nil, '{"from":"x"}'), LIST)
    assert.same({ source = "settings", plan = expected, reads = '{"from":"x"}' }, decision)
    decision = decide.choose(input(), consult(true, 1, nil, "{}"), LIST)
    assert.same({ source = "settings", plan = expected, index = 1, rule = "first", line = 12,
      reads = "{}" }, decision)
  end)

  it("falls back to the settings when the rules fail, and says why", function()
    local decision = decide.choose(input(), consult(nil, "forwarding.lua:12: oops", "error", "{}"), LIST)
    assert.equal("fallback", decision.source)
    assert.equal("forwarding.lua:12: oops", decision.error)
    assert.equal("error", decision.code)
    assert.equal("ring +13035550142", plan_words.plan(decision.plan))
    assert.is_nil(decision.rule)
  end)

  it("falls back when a rule made something that isn't a plan", function()
    for _, wrong in ipairs({ 5, "ring", {}, { start = 1, steps = {} },
      { start = 1, steps = { { kind = "x" } } } }) do
      local decision = decide.choose(input(), consult(true, 1, wrong, "{}"), LIST)
      assert.equal("fallback", decision.source)
      assert.equal("malformed", decision.code)
      assert.equal("first", decision.rule)
      assert.is_true(stored_plan.check(decision.plan))
    end
  end)

  it("ends with the owner, then voicemail, when settings are missing too", function()
    local failing = consult(nil, "out of time", "timeout", nil)
    local decision = decide.choose(input({ forwarding = {} }), failing, LIST)
    assert.equal("ring user:42 20 s > voicemail", plan_words.way(decision.plan))
    decision = decide.choose({ number = {} }, failing, nil)
    assert.equal("voicemail", plan_words.way(decision.plan))
    decision = decide.choose({ number = {} }, consult(nil), nil)
    assert.equal("the rules did not answer", decision.error)
    assert.equal("rule_failed", decision.code)
  end)
end)
