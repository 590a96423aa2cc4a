dofile("spec/support/native.lua")
local outgoing = require("calls.steps.outgoing")
local xml = dofile("spec/support/xml.lua")

local S = "https://calls.example.com"
local HEAD = '<?xml version="1.0" encoding="UTF-8"?><Response>'
local FIRST = { id = 1, user_id = "42", phone_number = "+13035550100", recording = "off" }
local SECOND = { id = 2, user_id = "42", phone_number = "+13035550101", recording = "on" }

local function context(changes)
  local ctx = {
    base_url = S, v = 31, call = { from = "client:user_42", sid = "CA1" }, numbers = { FIRST, SECOND },
    online = { ["7"] = true },
    policy = { countries = { US = true }, own_numbers = { ["+13035550100"] = true,
      ["+13035550101"] = true } },
  }
  for key, value in pairs(changes or {}) do ctx[key] = value end
  return ctx
end

local function answer(request, changes)
  request.from = request.from or "client:user_42"
  local text, result = outgoing.answer(request, context(changes))
  xml.parse(text)
  return text, result
end

local STATUS = 'statusCallback="' .. S .. '/api/twilio/status-callback" '
  .. 'statusCallbackEvent="initiated ringing answered completed"'
local RECORDED = ' record="record-from-answer-dual" recordingStatusCallback="' .. S
  .. '/api/twilio/recording-callback" recordingStatusCallbackEvent="completed absent"'

local function dial(caller_id, callee, recorded)
  return HEAD .. '<Dial action="' .. S
    .. '/api/twilio/twiml?step=after&amp;leg=out&amp;v=31" answerOnBridge="true" '
    .. 'callerId="' .. caller_id .. '" method="POST"' .. (recorded and RECORDED or "")
    .. ' timeLimit="14400" timeout="30">' .. callee .. "</Dial></Response>"
end

describe("a call from the browser", function()
  it("goes to a phone, under the user's first number", function()
    local text, result = answer { to = "+13035550142" }
    assert.equal(dial("+13035550100", "<Number " .. STATUS .. ">+13035550142</Number>"), text)
    assert.same({ outcome = "dialled", to = "+13035550142", caller_id = "+13035550100", number = FIRST },
      result)
  end)

  it("goes out under the number chosen, recorded when that number is", function()
    local text, result = answer { to = " +13035550142 ", caller_id = "+13035550101" }
    assert.equal(dial("+13035550101", "<Number " .. STATUS .. ">+13035550142</Number>", true), text)
    assert.equal(SECOND, result.number)
  end)

  it("announces the recording to the callee", function()
    local announced = { id = 3, phone_number = "+13035550102", recording = "on",
      recording_announcement = "Recorded." }
    local text = answer({ to = "+13035550142" }, { numbers = { announced } })
    assert.equal(dial("+13035550102", "<Number " .. STATUS .. ' url="' .. S
      .. '/api/twilio/twiml?step=announce&amp;v=31">+13035550142</Number>', true), text)
    assert.equal(HEAD .. "<Say>Recorded.</Say></Response>", outgoing.announce({ number = announced }))
    assert.equal('<?xml version="1.0" encoding="UTF-8"?><Response/>', outgoing.announce({ number = FIRST }))
    assert.equal('<?xml version="1.0" encoding="UTF-8"?><Response/>', outgoing.announce({}))
  end)

  it("does not record where someone would have to be asked", function()
    local ask = { id = 3, phone_number = "+13035550102", recording = "ask" }
    assert.is_nil(answer({ to = "+13035550142" }, { numbers = { ask } }):find("record", 1, true))
  end)

  it("records where the person at the browser was asked and agreed", function()
    local ask = { id = 3, phone_number = "+13035550102", recording = "ask" }
    local to = { to = "+13035550142", record = true }
    local text, result = answer(to, { numbers = { ask } })
    assert.equal(dial("+13035550102", "<Number " .. STATUS .. ">+13035550142</Number>", true), text)
    assert.is_true(result.recorded)
    ask.recording_announcement = "Recorded."
    assert.truthy(answer(to, { numbers = { ask } }):find("step=announce", 1, true))
    ask.recording = "off"
    assert.is_nil(answer(to, { numbers = { ask } }):find("record", 1, true))
  end)

  for _, to in ipairs({ "user_7", "client:user_7" }) do
    it("goes to a colleague's browser: " .. to, function()
      local text, result = answer({ to = to }, { numbers = {} })
      assert.equal(dial("client:user_42", "<Client " .. STATUS .. "><Identity>user_7</Identity>"
        .. '<Parameter name="from_name" value="user_42"/></Client>'), text)
      assert.same({ outcome = "dialled", to = "user_7", user = "7", caller_id = "client:user_42" }, result)
    end)
  end

  for _, case in ipairs({
    { "empty", {}, nil, "No number was given." },
    { "empty", { to = "  " }, nil, "No number was given." },
    { "no_number", { to = "+13035550142" }, { numbers = {} }, "You have no phone number to call from." },
    { "caller_id", { to = "+13035550142", caller_id = "+13035550199" }, nil,
      "The caller id is not one of your numbers." },
    { "self", { to = "user_42" }, nil, "You cannot call yourself." },
    { "offline", { to = "user_8" }, nil, "Your colleague is not online." },
    { "unknown_user", { to = "+13035550142", from = "client:root" }, nil, "This browser is not known here." },
    { "unknown_user", { to = "+13035550142", from = "+13035550123" }, nil,
      "This browser is not known here." },
    { "own_number", { to = "+13035550101" }, nil,
      "+13035550101 is one of your own numbers: the call would come back here." },
    { "emergency", { to = "911" }, nil, "911 is an emergency or service number; dial it from a telephone." },
    { "country", { to = "+18765550142" }, nil,
      "+18765550142 is in Jamaica, a country this account doesn't call." },
    { "premium", { to = "+19005550142" }, nil,
      "+19005550142: calls to premium-rate numbers are not allowed." },
    { "malformed", { to = "sip:x@example.com" }, nil, "\"sip:x@example.com\" isn't a phone number: "
      .. "write it with + and country code, such as +13035550142." },
    { "too_many_calls", { to = "+13035550142" }, {
      policy = { max_live = 2, reserve = function() return false end },
    },
      "2 calls are under way already, which is the limit." },
    { "too_many_minutes", { to = "+13035550142" }, { policy = { minutes_today = 99, max_minutes = 60 } },
      "today's 60 minutes are used up." },
  }) do
    it(("is refused in words: %s (%s)"):format(case[1], tostring(case[2].to)), function()
      local text, result = answer(case[2], case[3])
      assert.equal(HEAD .. "<Say>Your call was not made. " .. case[4] .. "</Say><Hangup/></Response>", text)
      assert.same({ outcome = "refused", code = case[1], message = case[4] }, result)
    end)
  end
end)

describe("the end of a call from the browser", function()
  for _, case in ipairs({
    { { status = "completed", bridged = "true" }, "answered", "<Hangup/>" },
    { { status = "completed" }, "answered", "<Hangup/>" },
    { { status = "busy" }, "busy", "<Say>The line is busy. Goodbye.</Say><Hangup/>" },
    { { status = "no-answer" }, "no_answer", "<Say>There is no answer. Goodbye.</Say><Hangup/>" },
    { { status = "failed" }, "failed", "<Say>The call could not be connected. Goodbye.</Say><Hangup/>" },
    { { status = "canceled", parent_status = "completed" }, "abandoned", "<Hangup/>" },
    { { status = "completed", bridged = "false" }, "declined",
      "<Say>The call was declined. Goodbye.</Say><Hangup/>" },
    { { status = "strange" }, "no_answer", "<Say>There is no answer. Goodbye.</Say><Hangup/>" },
  }) do
    it(("%s is %s"):format(case[1].status, case[2]), function()
      local after = outgoing.after(case[1], context())
      assert.equal(case[2], after.outcome)
      assert.is_true(after.done)
      assert.equal(HEAD .. case[3] .. "</Response>", after.twiml)
    end)
  end
end)
