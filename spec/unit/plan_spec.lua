dofile("spec/support/native.lua")
local stored_plan = require("calls.plans.stored_plan")
local plan_words = require("calls.plans.words")
local plan = require("calls.plans.plan")
local words = require("calls.rules.words")

local w = words.environment()
local JOE, ANA, SUE = "+13035550142", "+13035550177", "+13035550166"

local function message_of(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  return (message:gsub("^%S-:%d+: ", ""))
end

describe("plan", function()
  it("flattens a ring with the default voicemail behind it", function()
    assert.same({
      start = 1,
      steps = {
        { kind = "ring", targets = { { phone = JOE } }, seconds = 20, confirm = true, leg = "fwd",
          next = { otherwise = 2 } },
        { kind = "voicemail" },
      },
    }, plan.flatten(w.ring(JOE)))
  end)

  it("numbers every continuation, branches first", function()
    local flattened = plan.flatten(w.ring(w.user "42", { seconds = 15 })
      :on("busy", w.say("All lines are busy."))
      :on("no_answer", w.ring(JOE, { confirm = false }))
      :otherwise(w.voicemail("Call you back.")))
    assert.same({
      start = 1,
      steps = {
        { kind = "ring", targets = { { user = "42" } }, seconds = 15, confirm = true, leg = "line",
          next = { busy = 2, no_answer = 3, otherwise = 5 } },
        { kind = "say", text = "All lines are busy." },
        { kind = "ring", targets = { { phone = JOE } }, seconds = 20, confirm = false, leg = "fwd",
          next = { otherwise = 4 } },
        { kind = "voicemail" },
        { kind = "voicemail", greeting = "Call you back." },
      },
    }, flattened)
  end)

  it("appends otherwise to the end of a chain", function()
    local chain = w.ring(JOE):otherwise(w.ring(ANA)):otherwise(w.voicemail("v"))
    local nested = w.ring(JOE):otherwise(w.ring(ANA):otherwise(w.voicemail("v")))
    assert.same(plan.flatten(nested), plan.flatten(chain))
    assert.equal("ring +13035550142 20 s > ring +13035550177 20 s > voicemail",
      plan_words.way(plan.flatten(chain)))
  end)

  it("never changes a plan: on and otherwise return new ones", function()
    local base = w.ring(JOE)
    local before = plan.flatten(base)
    local one, two = base:otherwise(w.say("one")), base:on("busy", w.say("two"))
    assert.same(before, plan.flatten(base))
    assert.not_same(plan.flatten(one), plan.flatten(two))
    assert.equal("a plan cannot be changed: use :on and :otherwise",
      message_of(function() base.seconds = 3 end))
    assert.is_nil(next(base))
  end)

  it("shares a plan used twice", function()
    local message = w.voicemail("v")
    local flattened = plan.flatten(w.ring(JOE):on("busy", message):otherwise(message))
    assert.equal(2, #flattened.steps)
    assert.same({ busy = 2, otherwise = 2 }, flattened.steps[1].next)
  end)

  it("flattens a menu by its keys, in order", function()
    local flattened = plan.flatten(w.menu("1 or 2", { ["2"] = w.ring(JOE), ["1"] = w.say("Hi") },
      { tries = 3 }))
    assert.same({
      start = 1,
      steps = {
        { kind = "menu", text = "1 or 2", digits = { ["1"] = 2, ["2"] = 3 }, seconds = 5, tries = 3,
          next = { otherwise = 4 } },
        { kind = "say", text = "Hi" },
        { kind = "ring", targets = { { phone = JOE } }, seconds = 20, confirm = true, leg = "fwd",
          next = { otherwise = 4 } },
        { kind = "voicemail" },
      },
    }, flattened)
  end)

  it("knows a group as one dial to several", function()
    assert.equal("simulring", plan.flatten(w.ring({ JOE, w.user "1" })).steps[1].leg)
    assert.equal("line", plan.flatten(w.ring({ w.user "2", w.user "1" })).steps[1].leg)
  end)

  for _, case in ipairs({
    { 'unknown outcome "bussy" (did you mean "busy"?): use busy, no_answer, failed, declined',
      function() w.ring(JOE):on("bussy", w.voicemail()) end },
    { 'a plan has no "otherwize" (did you mean "otherwise"?)',
      function() w.ring(JOE):otherwize(w.voicemail()) end },
    { ':on("busy", …) needs a plan (ring, voicemail, say, …), not "x"',
      function() w.ring(JOE):on("busy", "x") end },
    { ":otherwise(…) needs a plan (ring, voicemail, say, …), not nil",
      function() w.ring(JOE):otherwise() end },
    { ':on("busy", …) is there twice, so this one is never reached',
      function() w.ring(JOE):on("busy", w.voicemail()):on("busy", w.voicemail()) end },
    { ':on("busy", …) is for ring; after say there is only :otherwise(…)',
      function() w.say("x"):on("busy", w.voicemail()) end },
    { "a call ends with voicemail, so :otherwise(…) is never reached",
      function() w.voicemail():otherwise(w.hangup()) end },
    { "a call ends with voicemail, so :otherwise(…) is never reached",
      function() w.ring(JOE):otherwise(w.voicemail()):otherwise(w.ring(ANA)) end },
    { "all four outcomes have a plan, so :otherwise(…) is never reached", function()
      local v = w.voicemail()
      w.ring(JOE):on("busy", v):on("failed", v):on("declined", v):on("no_answer", v):otherwise(v)
    end },
    { "all four outcomes have a plan, so :otherwise(…) is never reached", function()
      local v = w.voicemail()
      w.ring(JOE):otherwise(v):on("busy", v):on("failed", v):on("declined", v):on("no_answer", v)
    end },
    { "go needs a plan (ring, voicemail, say, …), not a table", function() plan.flatten({}) end },
    { "otherwise belongs to a plan, with a colon: ring(…):otherwise(…)",
      function() w.ring(JOE).otherwise(w.voicemail, w.voicemail()) end },
    { "a plan has at most 64 steps", function()
      local long = w.voicemail()
      for i = 1, 80 do long = w.say("s" .. i):otherwise(long) end
      plan.flatten(long)
    end },
  }) do
    it("refuses: " .. case[1], function() assert.equal(case[1], message_of(case[2])) end)
  end

  describe("the budget of ringing", function()
    it("counts every ring of a path, and 10 seconds for pressing 1", function()
      local seconds = stored_plan.ring_seconds(plan.flatten(w.ring(JOE):otherwise(w.ring(ANA))))
      assert.equal(60, seconds)
      assert.equal(40, (stored_plan.ring_seconds(plan.flatten(w.ring(JOE, { confirm = false })
        :otherwise(w.ring(ANA, { confirm = false }))))))
      assert.equal(20, (stored_plan.ring_seconds(plan.flatten(w.ring(w.user "42")))))
      assert.equal(0, (stored_plan.ring_seconds(plan.flatten(w.voicemail()))))
    end)

    it("refuses more than 60 seconds and shows the path", function()
      assert.equal("a caller could hear 90 seconds of ringing, 60 is the limit "
        .. "(write { seconds = 10 } for each, or ring several together, ring { JOE, ANA }): "
        .. "ring +13035550142 20 s (and 10 to press 1), then ring +13035550177 20 s (and 10 to press 1), "
        .. "then ring +13035550166 20 s (and 10 to press 1)",
        message_of(plan.flatten, w.ring(JOE):otherwise(w.ring(ANA)):otherwise(w.ring(SUE))))
    end)

    it("is kept by what the message says to write, where that is enough", function()
      for count = 1, 9 do
        for _, limit in ipairs { 20, 60, 95 } do
          for _, options in ipairs { {}, { confirm = false } } do
            local function made(seconds)
              local p = w.ring(JOE, { seconds = seconds, confirm = options.confirm })
              for _ = 2, count do
                p = w.ring(JOE, { seconds = seconds, confirm = options.confirm }):otherwise(p)
              end
              return p
            end
            local message = message_of(plan.flatten, made(300), { ring_limit = limit })
            local seconds = math.tointeger(message:match("write { seconds = (%d+) }"))
            assert.equal(count > 1, message:find("together", 1, true) ~= nil, message)
            assert.equal(count > 1 and seconds ~= nil, message:find(" for each", 1, true) ~= nil, message)
            local fits = seconds or 5
            assert.equal(seconds ~= nil, pcall(plan.flatten, made(fits), { ring_limit = limit }), message)
            assert.is_false(pcall(plan.flatten, made(fits + 1), { ring_limit = limit }), message)
          end
        end
      end
    end)

    it("takes the longest branch, also behind a menu, and another limit", function()
      local long = w.ring(JOE, { seconds = 50, confirm = false })
      local p = w.menu("x", { ["1"] = w.ring(ANA), ["2"] = long:otherwise(w.ring(w.user "1")) })
      assert.is_truthy(message_of(plan.flatten, p):find("70 seconds", 1, true))
      assert.is_truthy(plan.flatten(p, { ring_limit = 70 }))
    end)
  end)

  describe("described", function()
    for expect, made in pairs({
      ["ring +13035550142 +13035550177"] = w.ring({ JOE, ANA }),
      ["ring user:42"] = w.ring("user_42"),
      voicemail = w.voicemail("x"), say = w.say("x"), reject = w.reject(), hangup = w.hangup(),
      play = w.play("https://example.com/a.mp3"), menu = w.menu("x", { w.hangup() }),
      twiml = w.twiml { w.twiml.say "x" },
    }) do
      it("says " .. expect, function()
        assert.equal(expect, plan.describe(made))
        assert.equal(expect, plan.describe(plan.flatten(made)))
      end)
    end

    it("says settings when no rule matched", function()
      assert.equal("settings", plan.describe(nil))
      assert.is_true(plan_words.matches(nil, "settings"))
    end)

    it("matches an expectation by kind, or with all targets in any order", function()
      local p = plan.flatten(w.ring({ JOE, ANA, w.user "42" }))
      for expect, holds in pairs({
        ring = true, ["ring +13035550142 +13035550177 user:42"] = true,
        ["ring user_42 +13035550177 +13035550142"] = true, ["ring +13035550142"] = false,
        voicemail = false, ["+13035550142 ring +13035550177 user:42"] = false, settings = false, [""] = false,
        ["ring +13035550142 +13035550142 +13035550177"] = false,
      }) do
        assert.equal(holds, plan_words.matches(p, expect), expect)
      end
    end)
  end)

  describe("checked when it comes back from outside", function()
    local good = plan.flatten(w.menu("x", { ["1"] = w.ring({ JOE, w.user "4" }):otherwise(w.say("y")) }))

    it("accepts what flatten made", function() assert.is_true(stored_plan.check(good)) end)

    for name, case in pairs({
      ["no table"] = { 3, "this isn't a plan" },
      ["no steps"] = { { start = 1 }, "this isn't a plan" },
      ["no start"] = { { steps = {} }, "the start leads to step nil, which doesn't exist" },
      ["missing step"] = { { start = 1, steps = { { kind = "say", text = "x", next = { otherwise = 7 } } } },
        "step 1 (otherwise) leads to step 7, which doesn't exist" },
      ["circle"] = { { start = 1, steps = {
        { kind = "say", text = "x", next = { otherwise = 2 } },
          { kind = "say", text = "x", next = { otherwise = 1 } },
      } }, "step 2 (otherwise) leads back to step 1" },
      ["nobody"] = { { start = 1, steps = { { kind = "ring", targets = {}, seconds = 20 } } },
        "step 1 rings nobody" },
      ["odd target"] = { { start = 1,
        steps = { { kind = "ring", targets = { { phone = 3 } }, seconds = 20 } } },
        "step 1 has a target that is neither phone nor user" },
      ["no seconds"] = { { start = 1, steps = { { kind = "ring", targets = { { user = "a" } } } } },
        "step 1 rings for less than 5 or more than 600 seconds" },
      ["unknown kind"] = { { start = 1, steps = { { kind = "dance" } } }, "step 1 isn't a step" },
      ["no text"] = { { start = 1, steps = { { kind = "say" } } }, "step 1 lacks its text" },
      ["odd text"] = { { start = 1, steps = { { kind = "say", text = {} } } },
        "step 1 has a text that isn't a string" },
    }) do
      it("refuses " .. name, function()
        local ok, message, code = stored_plan.check(case[1])
        assert.is_nil(ok)
        assert.equal(case[2], message)
        assert.equal("malformed", code)
      end)
    end
  end)

  it("compares plans by content", function()
    local a, b = plan.flatten(w.ring({ JOE, ANA })), plan.flatten(w.ring({ JOE, ANA }))
    assert.is_true(stored_plan.equal(a, b))
    b.steps[1].seconds = 21
    assert.is_false(stored_plan.equal(a, b))
    assert.is_true(stored_plan.equal(nil, nil))
    assert.is_false(stored_plan.equal(a, nil))
  end)
end)
