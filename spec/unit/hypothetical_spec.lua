local compare = require("calls.plans.compare")
local hypothetical = require("calls.replay.hypothetical")

local JOE, ANA = "+13035550142", "+13035550177"

local function ring(targets, seconds, following)
  local list = {}
  for position, target in ipairs(targets) do
    local user = target:match("^user:(.+)$")
    list[position] = user and { user = user } or { phone = target }
  end
  return { kind = "ring", leg = "simulring", seconds = seconds, confirm = true, targets = list,
    next = following or { otherwise = 9 } }
end

local function plan(...)
  local steps = { ... }
  for n = #steps + 1, 8 do steps[n] = { kind = "hangup" } end
  steps[9] = { kind = "voicemail" }
  return { start = 1, steps = steps }
end

describe("hypothetical.of", function()
  for _, case in ipairs {
    { "nobody is rung", plan({ kind = "voicemail" }), plan(ring({ JOE }, 20)), {}, "voicemail" },
    { "the call is rejected", plan({ kind = "reject" }), plan(ring({ JOE }, 20)), {}, "rejected" },
    { "words, and the end", plan({ kind = "say", text = "x" }), plan(ring({ JOE }, 20)), {}, "hung up" },
    { "who was rung answers again", plan(ring({ JOE, ANA }, 20)), plan(ring({ JOE }, 20)),
      { { n = 1, outcome = "forwarded", target = JOE, took = JOE } }, "answered by " .. JOE },
    { "who did not answer does not answer", plan(ring({ JOE }, 15)), plan(ring({ JOE }, 20)),
      { { n = 1, outcome = "no_answer", target = JOE } }, "voicemail" },
    { "who is rung for longer may answer", plan(ring({ JOE }, 30)), plan(ring({ JOE }, 20)),
      { { n = 1, outcome = "no_answer", target = JOE } }, "unknown", JOE },
    { "who was busy is busy, however long it rings", plan(ring({ JOE }, 30)), plan(ring({ JOE }, 20)),
      { { n = 1, outcome = "busy", target = JOE } }, "voicemail" },
    { "busy leads where busy leads", plan(ring({ JOE }, 20, { busy = 2, otherwise = 9 }), {
      kind = "reject" }),
      plan(ring({ JOE }, 20)), { { n = 1, outcome = "busy", target = JOE } }, "rejected" },
    { "nobody knows of a stranger", plan(ring({ ANA }, 20)), plan(ring({ JOE }, 20)),
      { { n = 1, outcome = "no_answer", target = JOE } }, "unknown", ANA },
    { "the second of a ring was never rung", plan(ring({ JOE, ANA }, 20)), plan(ring({ JOE }, 20)),
      { { n = 1, outcome = "no_answer", target = JOE } }, "unknown", ANA },
    { "who was outrun may have answered", plan(ring({ ANA }, 20)), plan(ring({ JOE, ANA }, 20)),
      { { n = 1, outcome = "answered", target = JOE .. " " .. ANA, took = JOE } }, "unknown", ANA },
    { "a caller who gives up gives up", plan(ring({ JOE }, 20)), plan(ring({ JOE }, 20)),
      { { n = 1, outcome = "abandoned", target = JOE } }, "caller gave up" },
    { "an offline browser does not ring", plan(ring({ "user:42" }, 20)), plan(ring({ JOE }, 20)),
      { { n = 0, outcome = "offline", target = "user:42" } }, "voicemail" },
    { "nobody knows what a caller presses", plan({ kind = "menu", text = "x", digits = { ["1"] = 9 } }),
      plan(ring({ JOE }, 20)), {}, "unknown" },
  } do
    it("knows: " .. case[1], function()
      local outcome, target = hypothetical.of(case[2], case[3], case[4])
      assert.are.same({ case[5], case[6] }, { outcome, target })
    end)
  end
end)

describe("compare.plans", function()
  local base = plan(ring({ JOE, ANA }, 20, { busy = 9, otherwise = 9 }))

  for _, case in ipairs {
    { "the order of a ring group", plan(ring({ ANA, JOE }, 20)), true },
    { "an outcome of its own that leads to the same", plan(ring({ JOE, ANA }, 20, { busy = 9, failed = 9,
      otherwise = 9 })), true },
    { "other seconds", plan(ring({ JOE, ANA }, 25)), false },
    { "someone more", plan(ring({ JOE, ANA, "user:42" }, 20)), false },
    { "someone twice", plan(ring({ JOE, JOE }, 20)), false },
    { "another way for busy", plan(ring({ JOE, ANA }, 20, { busy = 2, otherwise = 9 })), false },
    { "another kind", plan({ kind = "voicemail" }), false },
    { "no plan at all", {}, false },
  } do
    it((case[3] and "sees no difference in " or "sees ") .. case[1], function()
      assert.are.equal(case[3], compare.plans(base, case[2]))
      assert.are.equal(case[3], compare.plans(case[2], base))
    end)
  end

  it("hears whether 1 has to be pressed, of telephones only", function()
    local function unasked(targets)
      local step = ring(targets, 20)
      step.confirm = false
      return plan(step)
    end
    assert.is_false(compare.plans(plan(ring({ JOE }, 20)), unasked { JOE }))
    assert.is_true(compare.plans(plan(ring({ "user:42" }, 20)), unasked { "user:42" }))
  end)

  it("reads the text that is sent to a caller nobody talked to", function()
    local texting = plan(ring({ JOE }, 20))
    texting.missed_text = "We call you back."
    assert.is_false(compare.plans(plan(ring({ JOE }, 20)), texting))
    assert.is_true(compare.plans(texting, texting))
  end)

  it("hears greetings, texts, reasons and menus", function()
    local function one(step) return { start = 1, steps = { step, { kind = "voicemail" } } } end
    for _, pair in ipairs {
      { { kind = "voicemail", greeting = "a" }, { kind = "voicemail" } },
      { { kind = "voicemail", language = "es-MX" }, { kind = "voicemail" } },
      { { kind = "say", text = "a" }, { kind = "say", text = "b" } },
      { { kind = "say", text = "a" }, { kind = "say", text = "a", voice = "alice" } },
      { { kind = "play", url = "https://a" }, { kind = "play", url = "https://b" } },
      { { kind = "reject", reason = "busy" }, { kind = "reject" } },
      { { kind = "menu", text = "a", digits = { ["1"] = 2 } }, { kind = "menu", text = "a", digits = {
        ["2"] = 2 } } },
      { { kind = "twiml", verbs = { { name = "Pause" } } }, { kind = "twiml", verbs = { {
        name = "Play" } } } },
    } do
      assert.is_false(compare.plans(one(pair[1]), one(pair[2])))
      assert.is_true(compare.plans(one(pair[1]), one(pair[1])))
    end
  end)
end)
