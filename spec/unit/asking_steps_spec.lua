-- Steps that ask someone for a key: recording, the screen, menus; and the documents that end a call.
dofile("spec/support/native.lua")
local plan = require("calls.plans.plan")
local console_forwarding = require("calls.plans.console_forwarding")
local steps = require("calls.steps.documents")
local words = require("calls.rules.words")
local documents = dofile("spec/support/documents.lua")
local xml = dofile("spec/support/xml.lua")

local w = words.environment()
local JOE, ANA = "+13035550142", "+13035550177"
local context, body, url, say = documents.context, documents.body, documents.url, documents.say
local dial_of, number_of = documents.dial_of, documents.number_of
local voicemail_of = documents.voicemail_of

describe("recording", function()
  local p = plan.flatten(w.ring(JOE, { seconds = 10 }):otherwise(w.ring(ANA, { seconds = 10 })))

  it("is announced once, before the first dial", function()
    local ctx = context(nil, { recording = "on", recording_announcement = "This call is recorded." })
    assert.equal(say("This call is recorded.")
      .. dial_of { action = "step=after&leg=fwd&n=1&rec=1&v=31", recorded = true,
      timeout = 10, caller_id = "+13035550123", number_of(JOE, "step=screen&leg=fwd&n=1&rec=1&v=31") },
      body((steps.begin(p, ctx))))
    ctx.rec = "1" -- as the query of the action says
    assert.equal(dial_of { action = "step=after&leg=fwd&n=2&rec=1&v=31", recorded = true, timeout = 10,
      caller_id = "+13035550123", number_of(ANA, "step=screen&leg=fwd&n=2&rec=1&v=31") },
      body(steps.after(p, 1, { status = "busy" }, ctx).twiml))
  end)

  it("asks, and records only when the caller agreed", function()
    local ctx = context(nil, { recording = "ask" })
    local text, info = steps.begin(p, ctx)
    assert.equal('<Gather action="' .. url("step=consent&n=1&v=31")
      .. '" actionOnEmptyResult="true" method="POST" '
      .. 'numDigits="1" timeout="5">'
        .. say("We would like to record this call. Press 1 to agree, or any other key "
      .. "to go on without.") .. "</Gather>", body(text))
    assert.equal("consent", info.kind)
    assert.equal(1, info.n)
    assert.equal(dial_of { action = "step=after&leg=fwd&n=1&rec=1&v=31", recorded = true, timeout = 10,
      caller_id = "+13035550123", number_of(JOE, "step=screen&leg=fwd&n=1&rec=1&v=31") },
      body((steps.consent(p, 1, "1", context(nil, { recording = "ask" })))))
    for _, digits in ipairs({ "", "2", "11" }) do
      assert.equal(dial_of { action = "step=after&leg=fwd&n=1&rec=0&v=31", timeout = 10,
        caller_id = "+13035550123",
        number_of(JOE, "step=screen&leg=fwd&n=1&rec=0&v=31") },
        body((steps.consent(p, 1, digits, context(nil, { recording = "ask" })))))
    end
  end)

  it("is not announced or asked when nobody is rung", function()
    local ctx = context({ online = {} }, { recording = "ask" })
    assert.equal(voicemail_of(2), body((steps.enter(console_forwarding.plan(ctx.number, {}), nil, ctx))))
  end)
end)

describe("the screen", function()
  local p = plan.flatten(w.ring(JOE))

  it("says twice who calls, and waits for 1", function()
    local sentence = say("Call for Junk Removal from 3 0 3, 5 5 5, 0 1 2 3. Press 1.")
    assert.equal('<Gather action="' .. url("step=screened&leg=fwd&n=1&v=31")
      .. '" actionOnEmptyResult="true" '
      .. 'method="POST" numDigits="1" timeout="8">' .. sentence .. '<Pause length="1"/>' .. sentence
      .. "</Gather><Hangup/>", body(steps.screen(p, 1, context())))
  end)

  it("names the company and the caller where it can", function()
    local ctx = context({ company = "Acme", call = { from = "+13035550123", name = "Grace" } })
    assert.is_truthy(steps.screen(p, 1, ctx):find("<Say>Call for Acme from Grace. Press 1.</Say>", 1, true))
    ctx = context({ call = { from = "anonymous" } }, { friendly_name = "" })
    assert.is_truthy(steps.screen(nil, 1, ctx)
      :find("<Say>Call for 3 0 3, 5 5 5, 0 1 0 0 from a hidden number. Press 1.</Say>", 1, true))
  end)

  it("connects on 1 and on nothing else", function()
    local text, accepted = steps.screened("1")
    assert.equal('<?xml version="1.0" encoding="UTF-8"?><Response/>', text)
    assert.is_true(accepted)
    for _, digits in ipairs({ "", "2", "11", "#" }) do
      text, accepted = steps.screened(digits)
      assert.equal("<Hangup/>", body(text))
      assert.is_false(accepted)
    end
    assert.is_false(select(2, steps.screened(nil)))
  end)
end)

describe("a menu", function()
  local p = plan.flatten(w.menu("1 sales, 2 service", { w.ring(JOE), w.say("Service.") },
    { seconds = 7, tries = 2 })
    :otherwise(w.hangup()))

  local function gather(try)
    return '<Gather action="' .. url("step=menu&n=1&try=" .. try .. "&v=31")
      .. '" actionOnEmptyResult="true" '
      .. 'method="POST" numDigits="1" timeout="7">' .. say("1 sales, 2 service") .. "</Gather>"
  end

  it("asks, follows a key, asks again, and gives up", function()
    assert.equal(gather(1), body((steps.begin(p, context()))))
    assert.equal(say("Service.") .. "<Hangup/>",
      body((steps.menu(p, 1, { digits = "2", try = "1" }, context()))))
    assert.is_truthy(steps.menu(p, 1, { digits = "1", try = "2" }, context()):find("<Dial ", 1, true))
    assert.equal(gather(2), body((steps.menu(p, 1, { digits = "", try = "1" }, context()))))
    assert.equal(say("That is not one of the choices.") .. gather(2),
      body((steps.menu(p, 1, { digits = "9", try = 1 }, context()))))
    for _, try in ipairs({ "2", "99" }) do
      assert.equal("<Hangup/>", body((steps.menu(p, 1, { digits = "9", try = try }, context()))))
    end
  end)

  it("takes what it is sent as it comes", function()
    for _, answer in ipairs({ {}, { digits = "x" }, { digits = "1;2", try = "-1" }, { try = "one" } }) do
      xml.parse((steps.menu(p, 1, answer, context())))
    end
    assert.equal(voicemail_of(nil), body((steps.menu(p, 9, { digits = "1" }, context()))))
    assert.equal(voicemail_of(nil), body((steps.menu(nil, 1, { digits = "1" }, context()))))
  end)

  it("lets # be a key, and keys have several digits", function()
    local text = steps.enter(plan.flatten(w.menu("x", { ["#"] = w.hangup() })), nil, context())
    assert.is_truthy(text:find(' finishOnKey=""', 1, true))
    text = steps.enter(plan.flatten(w.menu("x", { ["101"] = w.hangup() })), nil, context())
    assert.is_truthy(text:find(' numDigits="3"', 1, true))
  end)
end)

describe("the other documents", function()
  it("thank, apologise, say goodbye, reject", function()
    assert.equal(say("Thank you. Goodbye.") .. "<Hangup/>", body(steps.voicemail_done(nil, nil, context())))
    assert.equal('<?xml version="1.0" encoding="UTF-8"?><Response/>', steps.transcript())
    assert.equal(voicemail_of(nil, "We are sorry, something went wrong on our side. "
      .. "Please leave a message after the tone."), body(steps.apology(context())))
    assert.equal(say("This number is not in service. Please check it and call again. Goodbye.")
      .. "<Hangup/>",
      body(steps.unknown_number(context())))
    assert.equal('<Reject reason="rejected"/>', body(steps.reject()))
    assert.equal(say("There is no answer. Goodbye.") .. "<Hangup/>",
      body(steps.goodbye(context(), "no_answer")))
    xml.parse(steps.apology({}))
  end)
end)
