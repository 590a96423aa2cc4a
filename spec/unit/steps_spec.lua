dofile("spec/support/native.lua")
local plan = require("calls.plans.plan")
local console_forwarding = require("calls.plans.console_forwarding")
local steps = require("calls.steps.documents")
local words = require("calls.rules.words")
local documents = dofile("spec/support/documents.lua")
local xml = dofile("spec/support/xml.lua")

local w = words.environment()
local JOE, ANA = "+13035550142", "+13035550177"
local context, body, say = documents.context, documents.body, documents.say
local dial_of, number_of = documents.dial_of, documents.number_of
local voicemail_of = documents.voicemail_of
local client_of = documents.client_of

local LINE = dial_of { action = "step=after&leg=line&n=1&v=31", client_of("user_42") }

describe("the console's settings as TwiML", function()
  local ALWAYS = { id = 7, forward_to_number = JOE, ring_timeout = 20 }
  local NO_ANSWER = { id = 9, forward_to_number = ANA, ring_timeout = 12 }

  it("always: the forward, from the caller's number, with a screen", function()
    local p = console_forwarding.plan(context().number, { always = ALWAYS })
    local text, entered = steps.begin(p, context())
    assert.equal(dial_of { action = "step=after&leg=fwd&n=1&rule=7&v=31", caller_id = "+13035550123",
      number_of(JOE, "step=screen&leg=fwd&n=1&rule=7&v=31") }, body(text))
    assert.same({ n = 1, kind = "ring", leg = "fwd", done = false, skipped = {} }, entered)
  end)

  it("always, recorded", function()
    local p = console_forwarding.plan(context().number, { always = ALWAYS })
    assert.equal(dial_of { action = "step=after&leg=fwd&n=1&rule=7&v=31", caller_id = "+13035550123",
      recorded = true,
      number_of(JOE, "step=screen&leg=fwd&n=1&rule=7&v=31") },
      body((steps.begin(p, context(nil, { recording = "on" })))))
  end)

  it("none: the browser, then voicemail", function()
    local p = console_forwarding.plan(context().number, {})
    assert.equal(LINE, body((steps.begin(p, context()))))
    local after = steps.after(p, 1, { status = "no-answer" }, context())
    assert.equal(voicemail_of(2), body(after.twiml))
    assert.equal("no_answer", after.outcome)
    assert.equal(2, after.next)
    assert.is_false(after.done)
  end)

  it("no_answer: the browser for its seconds, then the forward, then voicemail", function()
    local p = console_forwarding.plan(context().number, { no_answer = NO_ANSWER })
    assert.equal(dial_of { action = "step=after&leg=line&n=1&v=31", timeout = 12, client_of("user_42") },
      body((steps.begin(p, context()))))
    local forwarded = dial_of { action = "step=after&leg=fwd&n=3&rule=9&v=31", caller_id = "+13035550123",
      timeout = 12,
      number_of(ANA, "step=screen&leg=fwd&n=3&rule=9&v=31") }
    for _, status in ipairs({ "no-answer", "canceled", "failed", "no such word" }) do
      assert.equal(forwarded, body(steps.after(p, 1, { status = status }, context()).twiml))
    end
    assert.equal(forwarded,
      body(steps.after(p, 1, { status = "completed", bridged = "false" }, context()).twiml))
    assert.equal(voicemail_of(2), body(steps.after(p, 1, { status = "busy" }, context()).twiml))
    assert.equal(voicemail_of(2), body(steps.after(p, 3, { status = "busy" }, context()).twiml))
  end)

  it("an offline browser is passed over at once, and that is reported", function()
    local p = console_forwarding.plan(context().number, { no_answer = NO_ANSWER })
    local text, entered = steps.begin(p, context({ online = {} }))
    assert.equal(dial_of { action = "step=after&leg=fwd&n=3&rule=9&v=31", caller_id = "+13035550123",
      timeout = 12, number_of(ANA, "step=screen&leg=fwd&n=3&rule=9&v=31") }, body(text))
    assert.same({ { n = 1, outcome = "no_answer", left_out = { { target = "user:42", code = "offline" } } } },
      entered.skipped)
    assert.equal(3, entered.n)
  end)

  it("presence as a list, as a boolean or not known at all", function()
    local p = console_forwarding.plan(context().number, {})
    for _, online in ipairs({ { "7", "42" }, { 42 }, true }) do
      assert.equal(LINE, body((steps.begin(p, context({ online = online })))))
    end
    local unknown = context()
    unknown.online = nil
    assert.equal(LINE, body((steps.begin(p, unknown))))
    assert.equal(voicemail_of(2), body((steps.begin(p, context({ online = false })))))
  end)

  it("closed says so and takes a message in one document", function()
    assert.equal(say("This number is not taking calls at the moment.") .. voicemail_of(2),
      body((steps.enter(console_forwarding.closed(), nil, context()))))
  end)
end)

-- Every cell of the after-table; each report in the variants of dial_outcome_spec.lua.
describe("the after-table", function()
  local HANGUP = "<Hangup/>"
  local p = plan.flatten(w.ring("user_42", { seconds = 10 })
    :on("busy", w.ring(JOE, { seconds = 10 }):otherwise(w.say("busy rule ended")))
    :on("no_answer", w.ring({ JOE, ANA }, { seconds = 10 }))
    :otherwise(w.voicemail("other")))
  local CELLS = {
    -- step, report, outcome, where it goes
    { 1, { status = "completed", bridged = "true" }, "answered", HANGUP },
    { 1, { status = "completed" }, "answered", HANGUP },
    { 1, { status = "busy" }, "busy", 2 },
    { 1, { status = "no-answer" }, "no_answer", 4 },
    { 1, { status = "failed" }, "failed", 6 },
    { 1, { status = "canceled" }, "no_answer", 4 },
    { 1, { status = "canceled", parent_status = "completed" }, "abandoned", HANGUP },
    { 1, { status = "no-answer", parent_status = "completed" }, "abandoned", HANGUP },
    { 1, { status = "completed", bridged = "false" }, "declined", 6 },
    { 2, { status = "completed", bridged = "true" }, "forwarded", HANGUP },
    { 2, { status = "completed", accepted = true }, "forwarded", HANGUP },
    { 2, { status = "busy" }, "busy", 3 },
    { 2, { status = "no-answer" }, "no_answer", 3 },
    { 2, { status = "failed" }, "failed", 3 },
    { 2, { status = "canceled" }, "no_answer", 3 },
    { 2, { status = "canceled", parent_status = "completed" }, "abandoned", HANGUP },
    { 2, { status = "completed", bridged = "false" }, "declined", 3 },
    { 2, { status = "completed" }, "declined", 3 },
    { 4, { status = "completed", bridged = "true" }, "answered", HANGUP },
    { 4, { status = "completed", accepted = true }, "answered", HANGUP },
    { 4, { status = "busy" }, "busy", 5 },
    { 4, { status = "no-answer" }, "no_answer", 5 },
    { 4, { status = "failed" }, "failed", 5 },
    { 4, { status = "canceled" }, "no_answer", 5 },
    { 4, { status = "no-answer", parent_status = "completed" }, "abandoned", HANGUP },
    { 4, { status = "completed", bridged = "false" }, "declined", 5 },
    { 4, { status = "completed" }, "declined", 5 },
  }
  for _, cell in ipairs(CELLS) do
    local report = cell[2]
    local name = ("%s %s: %s, %s%s%s"):format(p.steps[cell[1]].leg, cell[3], report.status,
      report.bridged and "bridged " .. report.bridged or "bridge not told", report.accepted and ", accepted"
        or "",
      report.parent_status and ", caller gone" or "")
    it(name, function()
      local ctx = context()
      local after = steps.after(p, cell[1], report, ctx)
      assert.equal(cell[3], after.outcome)
      if cell[4] == HANGUP then
        assert.equal(HANGUP, body(after.twiml))
        assert.is_true(after.done)
        assert.is_nil(after.next)
        return
      end
      assert.equal(cell[4], after.next)
      ctx.in_progress = true
      assert.equal((steps.enter(p, cell[4], ctx)), after.twiml)
      -- The same request again gets the same answer.
      assert.same(after, steps.after(p, cell[1], report, context()))
    end)
  end

  it("never leaves a caller without an end when plan or step is missing", function()
    for _, missing in ipairs({ { nil, 1 }, { p, 99 }, { p, nil }, { { start = 1, steps = {} }, 1 } }) do
      local after = steps.after(missing[1], missing[2], { status = "no-answer" }, context())
      assert.equal(voicemail_of(nil), body(after.twiml))
    end
    assert.equal(voicemail_of(nil), body((steps.begin(nil, context()))))
  end)
end)

describe("documents.enter", function()
  local function entered(made, changes, number)
    local text, info = steps.enter(plan.flatten(made, { ring_limit = 999 }), nil, context(changes, number))
    return body(text), info
  end

  it("joins what is said and played with what follows", function()
    assert.equal(say("One.") .. "<Play>https://example.com/a.mp3?b=1&amp;c=2</Play>" .. say("Two.")
      .. voicemail_of(4),
      (entered(w.say("One."):otherwise(w.play("https://example.com/a.mp3?b=1&c=2"):otherwise(
        w.say("Two."):otherwise(w.voicemail()))))))
  end)

  it("ends a document that only says something", function()
    local text, info = entered(w.say("Goodbye."))
    assert.equal(say("Goodbye.") .. "<Hangup/>", text)
    assert.is_true(info.done)
  end)

  it("says in the voice and language of the number, or of the rule", function()
    local voice = { voice = "Polly.Joanna", language = "en-US" }
    assert.equal('<Say language="en-US" voice="Polly.Joanna">Hi</Say><Hangup/>',
      (entered(w.say("Hi"), voice)))
    -- A voice speaks its own language: Twilio refuses one with another.
    assert.equal('<Say language="de-DE">Hi</Say><Hangup/>',
      (entered(w.say("Hi", { language = "de-DE" }), voice)))
  end)

  it("rejects only a call that is not answered yet", function()
    assert.equal('<Reject reason="busy"/>', (entered(w.reject("busy"))))
    assert.equal(say("x") .. say("We cannot take your call now. Goodbye.") .. "<Hangup/>",
      (entered(w.say("x"):otherwise(w.reject("busy")))))
    local p = plan.flatten(w.ring(JOE):otherwise(w.reject()))
    assert.equal(say("We cannot take your call now. Goodbye.") .. "<Hangup/>",
      body(steps.after(p, 1, { status = "busy" }, context()).twiml))
  end)

  it("rings phones and browsers together", function()
    local text, info = entered(w.ring({ JOE, w.user "42" }))
    assert.equal(dial_of { action = "step=after&leg=simulring&n=1&v=31", caller_id = "+13035550123",
      number_of(JOE, "step=screen&leg=simulring&n=1&v=31"), client_of("user_42") }, text)
    assert.equal("simulring", info.leg)
  end)

  it("leaves out of a group who cannot be rung, and says so", function()
    local text, info = entered(w.ring({ JOE, w.user "7", "+442071234567", "+13035550101" }))
    assert.equal(dial_of { action = "step=after&leg=simulring&n=1&v=31", caller_id = "+13035550123",
      number_of(JOE, "step=screen&leg=simulring&n=1&v=31") }, text)
    assert.same({
      { target = "user:7", code = "offline" },
      { target = "+442071234567", code = "country",
        message = "+442071234567 is in the United Kingdom, a country this account doesn't call." },
      { target = "+13035550101", code = "own_number",
        message = "+13035550101 is one of your own numbers: the call would come back here." },
    }, info.left_out)
  end)

  it("takes a refused phone as failed, the called number itself as a loop, and full caps as refusal",
    function()
    local p = w.ring("+442071234567"):on("failed", w.say("Refused.")):otherwise(w.voicemail())
    local text, info = entered(p)
    assert.equal(say("Refused.") .. "<Hangup/>", text)
    assert.equal("country", info.skipped[1].left_out[1].code)
    text, info = entered(w.ring("+13035550100"):on("failed", w.say("Loop.")), { policy = {} })
    assert.equal(say("Loop.") .. "<Hangup/>", text)
    assert.equal("own_number", info.skipped[1].left_out[1].code)
    text, info = entered(w.ring(JOE):on("failed", w.say("Full.")), {
      policy = { max_live = 9, reserve = function() return false end },
    })
    assert.equal(say("Full.") .. "<Hangup/>", text)
    assert.equal("too_many_calls", info.skipped[1].left_out[1].code)
  end)

  it("shows our number when the caller has none", function()
    for _, from in ipairs({ "anonymous", "+266696687", "", "sip:x@example.com", "client:user_7", "+1303" }) do
      local text = entered(w.ring(JOE), { call = { from = from, to = "+13035550100" } })
      assert.is_truthy(text:find(' callerId="+13035550100"', 1, true), from)
    end
  end)

  it("asks nobody to press 1 without confirm", function()
    assert.equal(dial_of { action = "step=after&leg=fwd&n=1&v=31", caller_id = "+13035550123",
      number_of(JOE) },
      (entered(w.ring(JOE, { confirm = false }))))
  end)

  it("puts raw verbs where they belong, and goes on", function()
    local raw = w.twiml { w.twiml.pause { length = 2 }, w.twiml.say { "Raw", voice = "alice" } }
    assert.equal('<Pause length="2"/><Say voice="alice">Raw</Say>', (entered(raw)))
    assert.equal('<Pause length="2"/><Say voice="alice">Raw</Say>' .. voicemail_of(2),
      (entered(raw:otherwise(w.voicemail()))))
  end)

  it("greets with the step's, the number's or the usual greeting, spoken or played", function()
    assert.equal(voicemail_of(1, "Mine."),
      (entered(w.voicemail("Mine."), nil, { voicemail_greeting = "Number's." })))
    assert.equal(voicemail_of(1, "Number's."),
      (entered(w.voicemail(), nil, { voicemail_greeting = "Number's." })))
    assert.equal(voicemail_of(1), (entered(w.voicemail(), nil, { voicemail_greeting = " " })))
    assert.is_truthy(entered(w.voicemail("https://example.com/g.mp3"))
      :find("^<Play>https://example.com/g.mp3</Play><Record "))
  end)

  it("takes another limit for the length of a call", function()
    assert.is_truthy(entered(w.ring(JOE), { call_limit_seconds = 600 }):find(' timeLimit="600"', 1, true))
  end)

  it("works from relative URLs and without a version", function()
    local text = steps.enter(plan.flatten(w.ring(JOE)), nil, { call = { from = "+13035550123" } })
    assert.is_truthy(text:find('action="/api/twilio/twiml?step=after&amp;leg=fwd&amp;n=1"', 1, true))
    xml.parse(text)
  end)
end)
