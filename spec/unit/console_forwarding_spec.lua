dofile("spec/support/native.lua")
local stored_plan = require("calls.plans.stored_plan")
local console_forwarding = require("calls.plans.console_forwarding")

local NUMBER = { id = 1, user_id = "42", phone_number = "+13035550100" }
local ALWAYS = { id = 7, forward_to_number = "+13035550142", ring_timeout = 25 }
local BUSY = { id = 8, forward_to_number = "+13035550143", ring_timeout = 15 }
local NO_ANSWER = { id = 9, forward_to_number = "+13035550144", ring_timeout = 12 }

local function line(seconds, next_steps)
  return { kind = "ring", leg = "line", seconds = seconds, targets = { { user = "42" } }, next = next_steps }
end

local function forward(rule, seconds)
  return { kind = "ring", leg = "fwd", rule = rule.id, seconds = seconds, confirm = true,
    targets = { { phone = rule.forward_to_number } }, next = { otherwise = 2 } }
end

local VOICEMAIL = { kind = "voicemail" }

describe("settings that end", function()
  local function on(ends_at) return { id = 1, forward_to_number = "+13035550142", ends_at = ends_at } end

  it("are in force until the second in which they end", function()
    local settings = { always = on(5000), busy = on(), no_answer = on(9000) }
    assert.are.equal(settings, console_forwarding.in_force(settings, 4))
    assert.are.same({ busy = settings.busy, no_answer = settings.no_answer },
      console_forwarding.in_force(settings, 5))
    assert.are.same({ busy = settings.busy }, console_forwarding.in_force(settings, 9))
    assert.are.equal(5000, console_forwarding.next_end(settings, 4999))
    assert.are.equal(9000, console_forwarding.next_end(settings, 5000))
    assert.is_nil(console_forwarding.next_end(settings, 9000))
    assert.is_false(console_forwarding.is_fixed(settings))
    assert.is_true(console_forwarding.is_fixed { always = on(), busy = on() })
    assert.is_false(console_forwarding.is_fixed { busy = on() })
  end)

  it("may be anything", function()
    for _, rows in ipairs { "x", 7, { always = "x" }, { always = on("soon") } } do
      assert.are.equal(rows, console_forwarding.in_force(rows, 5))
      assert.is_true(console_forwarding.is_fixed(rows))
    end
    assert.is_true(console_forwarding.is_fixed(nil))
  end)
end)

describe("console_forwarding.plan", function()
  for _, case in ipairs({
    { "no rule", {}, nil, { line(20, { otherwise = 2 }), VOICEMAIL } },
    { "no rule, line busy: a browser takes a second call", {}, { busy = true },
      { line(20, { otherwise = 2 }), VOICEMAIL } },
    { "always", { always = ALWAYS }, nil, { forward(ALWAYS, 25), VOICEMAIL } },
    { "always before the others, line busy", { always = ALWAYS, busy = BUSY, no_answer = NO_ANSWER },
      { busy = true }, { forward(ALWAYS, 25), VOICEMAIL } },
    { "busy, line free", { busy = BUSY }, { busy = false },
      { line(20, { otherwise = 2, busy = 3 }), VOICEMAIL, forward(BUSY, 15) } },
    { "busy, line busy", { busy = BUSY }, { busy = true }, { forward(BUSY, 15), VOICEMAIL } },
    { "busy, asked for by a function", { busy = BUSY }, { busy = function() return true end },
      { forward(BUSY, 15), VOICEMAIL } },
    { "no_answer", { no_answer = NO_ANSWER }, { busy = false },
      { line(12, { otherwise = 2, no_answer = 3, failed = 3, declined = 3 }), VOICEMAIL,
        forward(NO_ANSWER, 12) } },
    { "no_answer, line busy", { no_answer = NO_ANSWER }, { busy = true },
      { line(12, { otherwise = 2, no_answer = 3, failed = 3, declined = 3 }), VOICEMAIL,
        forward(NO_ANSWER, 12) } },
    { "busy and no_answer", { busy = BUSY, no_answer = NO_ANSWER }, nil,
      { line(12, { otherwise = 2, busy = 3, no_answer = 4, failed = 4, declined = 4 }), VOICEMAIL,
        forward(BUSY, 15), forward(NO_ANSWER, 12) } },
    { "a rule switched off", { always = { id = 7, forward_to_number = "+13035550142", is_active = 0 } }, nil,
      { line(20, { otherwise = 2 }), VOICEMAIL } },
  }) do
    it(case[1], function()
      local plan = console_forwarding.plan(NUMBER, case[2], case[3])
      assert.same({ start = 1, steps = case[4] }, plan)
      assert.is_true(stored_plan.check(plan))
    end)
  end

  it("stays within a minute of ringing at the usual timeouts", function()
    local usual = { forward_to_number = "+13035550142", ring_timeout = 20 }
    for _, forwarding in ipairs({ { always = usual }, { no_answer = usual },
      { busy = usual, no_answer = usual } }) do
      assert.is_true(stored_plan.ring_seconds(console_forwarding.plan(NUMBER, forwarding)) <= 60)
    end
  end)

  it("answers with a plan whatever the rows hold", function()
    local odd = { 3, "x", {}, { forward_to_number = 5 }, { forward_to_number = "+1", ring_timeout = "soon" },
      { forward_to_number = "x", ring_timeout = -4 }, { forward_to_number = "x", ring_timeout = 1e9 }, false }
    for _, rule in ipairs(odd) do
      for _, number in ipairs({ NUMBER, {}, { user_id = "" }, { user_id = 42 } }) do
        for _, busy in ipairs({ true, false }) do
          local plan = console_forwarding.plan(number, { always = rule, busy = rule, no_answer = rule },
            { busy = busy })
          assert.is_true(stored_plan.check(plan))
        end
      end
    end
    assert.is_true(stored_plan.check(console_forwarding.plan(NUMBER, nil, nil)))
    assert.is_true(stored_plan.check(console_forwarding.plan(NUMBER, 5, 5)))
  end)
end)

describe("settings", function()
  it("closed says so and takes a message", function()
    assert.same({ start = 1, steps = {
      { kind = "say", phrase = "closed", text = "This number is not taking calls at the moment.",
        next = { otherwise = 2 } },
      VOICEMAIL,
    } }, console_forwarding.closed())
  end)

  it("override rings the target and takes a message", function()
    local plan = console_forwarding.override({ forward_to_number = "+13035550142", ring_timeout = 25 })
    assert.same(forward({ forward_to_number = "+13035550142" }, 25), plan.steps[1])
    assert.same(VOICEMAIL, plan.steps[2])
  end)

  it("owner rings the owner, and a number without one takes messages", function()
    local expected = { start = 1, steps = { line(20, { otherwise = 2 }), VOICEMAIL } }
    assert.same(expected, console_forwarding.owner(NUMBER))
    assert.same({ start = 1, steps = { VOICEMAIL } }, console_forwarding.owner({}))
  end)
end)
