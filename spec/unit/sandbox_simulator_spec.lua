local simulator = require("calls.simulator.simulator")

local A, B = "+13035550142", "+13035550177"
local ALL = 'statusCallback="/status" statusCallbackEvent="initiated ringing answered completed"'

-- Documents by path; a function is asked with the form.
local function play(documents, options)
  options = options or {}
  options.url, options.from, options.to = "http://h/start", options.from or "+14155550123", "+15105550100"
  options.status_callback = "/final"
  options.asked, options.told = {}, {}
  options.fetch = function(url, params, about)
    table.insert(options.asked, { url = url, params = params, at = about.at, method = about.method })
    local document = documents[url:match("^http://h([^?]*)")]
    if type(document) == "function" then
      return document(params)
    end
    return document and "<Response>" .. document .. "</Response>" or nil, "there is nothing", "11200"
  end
  options.notify = function(url, params, about)
    table.insert(options.told, { url = url, params = params, at = about.at, kind = about.kind })
  end
  local result = simulator.play(options)
  result.asked, result.told = options.asked, options.told
  return result
end

local function lines(result)
  return table.concat(simulator.lines(result.timeline), "\n")
end

-- "initiated0 ringing1 …" of one leg.
local function told(result, sid)
  local out = {}
  for _, callback in ipairs(result.told) do
    if callback.kind == "status" and callback.params.CallSid == sid then
      out[#out + 1] = callback.params.CallStatus .. callback.params.SequenceNumber
    end
  end
  return table.concat(out, " ")
end

local function last(result)
  return result.asked[#result.asked]
end

local function number(target, more)
  return ('<Number %s %s>%s</Number>'):format(ALL, more or "", target)
end

local function dial(nouns, more)
  return ('<Dial answerOnBridge="true" timeout="20" action="/after" %s>%s</Dial><Say>Never.</Say>'):format(
    more or "", nouns)
end

local SCREEN = [[<Gather numDigits="1" timeout="8" actionOnEmptyResult="true" action="/screened">
  <Say>Call for Junk Removal. Press 1.</Say></Gather><Hangup/>]]
local function screened(params)
  return params.Digits == "1" and "<Response/>" or "<Response><Hangup/></Response>"
end

describe("what the caller hears", function()
  it("follows a document to its end", function()
    local start = '<Say>Hello there.</Say><Pause length="4"/><Play>http://h/a.mp3</Play>'
    local result = play { ["/start"] = start }
    assert.equal([[
0:00  the caller hears: Hello there.
0:05  the caller hears the recording http://h/a.mp3
0:10  the call is over]], lines(result))
    assert.equal("told", result.outcome)
    assert.equal("completed", result.status)
    assert.equal(10, result.duration)
    assert.equal("10", result.told[1].params.CallDuration)
    assert.equal("1", result.told[1].params.Duration)
  end)

  it("gets a busy tone without ever being answered", function()
    local result = play { ["/start"] = '<Reject reason="busy"/>' }
    assert.equal("busy", result.status)
    assert.equal("rejected", result.outcome)
    assert.equal(0, result.duration)
    assert.is_nil(result.told[1].params.CallDuration)
  end)

  it("is not rejected any more after a word", function()
    assert.equal("hangup", play({ ["/start"] = "<Say>Hi.</Say><Reject/>" }).ending)
  end)

  it("is sent on, by relative addresses, with GET where it says so", function()
    local result = play {
      ["/start"] = '<Redirect method="GET">deeper/here?x=1</Redirect>',
      ["/deeper/here"] = "<Redirect>?y=2</Redirect>",
    }
    assert.equal("http://h/deeper/here?x=1", result.asked[2].url)
    assert.equal("GET", result.asked[2].method)
    assert.equal("http://h/deeper/here?y=2", result.asked[3].url)
    assert.equal("in-progress", result.asked[3].params.CallStatus)
  end)

  it("does not go in a circle for ever", function()
    assert.equal("loop", play({ ["/start"] = "<Redirect>/start</Redirect>" }).ending)
  end)

  it("hears an apology when there is no document, and the fallback's words when there is one", function()
    local result = play {}
    assert.equal("error", result.outcome)
    assert.truthy(lines(result):find("application error", 1, true))
    result = play({ ["/spare"] = "<Say>Sorry.</Say>" }, { fallback_url = "/spare" })
    assert.equal("11200", result.asked[2].params.ErrorCode)
    assert.equal("http://h/start", result.asked[2].params.ErrorUrl)
    assert.equal("told", result.outcome)
    local function broken() return "<Response><Say></Response>" end
    result = play({ ["/start"] = broken, ["/spare"] = "<Hangup/>" }, { fallback_url = "/spare" })
    assert.equal("12100", result.asked[2].params.ErrorCode)
  end)

  it("says what is not simulated", function()
    assert.truthy(lines(play { ["/start"] = "<Enqueue>x</Enqueue>" }):find("meets <Enqueue>", 1, true))
  end)
end)

describe("a gather", function()
  local function gathered(attributes, digits)
    local gather = "<Gather action='/got' " .. attributes .. "><Say>Press a key.</Say></Gather>"
    local result = play({
      ["/start"] = gather .. "<Say>Nothing.</Say>",
      ["/got"] = "<Hangup/>",
    }, { digits = digits })
    return result.asked[2] and result.asked[2].params.Digits, result
  end

  it("takes as many digits as it wants", function()
    assert.equal("12", (gathered('numDigits="2"', { "1234" })))
    assert.equal("12", (gathered("", { "12#34" })))
    assert.equal("1#", (gathered('finishOnKey="*"', { "1#*" })))
  end)

  it("falls through without any, or tells the action", function()
    local digits, result = gathered("", { false })
    assert.is_nil(digits)
    assert.truthy(lines(result):find("hears: Nothing.", 1, true))
    assert.equal("", (gathered('actionOnEmptyResult="true"', {})))
  end)

  it("is cut short by a key, and too late a key is none", function()
    local _, result = gathered('numDigits="1"', { { keys = "1", after = 1 } })
    assert.equal(1, result.asked[2].at)
    assert.is_nil((gathered('timeout="3"', { { keys = "1", after = 60 } })))
  end)

  it("hears speech", function()
    local _, result = gathered('input="speech"', { { speech = "sales" } })
    assert.equal("sales", result.asked[2].params.SpeechResult)
  end)
end)

describe("a dial", function()
  local function report(legs, more)
    more = more or {}
    more.legs = legs
    return play({ ["/start"] = dial(more.nouns or number(A)), ["/after"] = "<Hangup/>", ["/screen"] = SCREEN,
      ["/screened"] = screened }, more)
  end

  local OUTCOMES = {
    { "answered", "completed", "true", "initiated0 ringing1 in-progress2 completed3" },
    { "busy", "busy", "false", "initiated0 ringing1 busy2" },
    { "no-answer", "no-answer", "false", "initiated0 ringing1 no-answer2" },
    { "failed", "failed", "false", "initiated0 failed1" },
    { "canceled", "canceled", "false", "initiated0 ringing1 canceled2" },
    { "declined", "busy", "false", "initiated0 ringing1 busy2" },
    { "closed", "no-answer", "false", "initiated0 ringing1 no-answer2" },
    { "voicemail", "completed", "true", "initiated0 ringing1 in-progress2 completed3" },
  }
  for _, case in ipairs(OUTCOMES) do
    it(("of a leg that is %s ends %s"):format(case[1], case[2]), function()
      local result = report({ case[1] })
      local params = last(result).params
      assert.equal("http://h/after", last(result).url)
      assert.equal(case[2], params.DialCallStatus)
      assert.equal(case[3], params.DialBridged)
      assert.equal("in-progress", params.CallStatus)
      assert.equal(case[4], told(result, result.legs[1].sid))
      assert.equal(result.sid, params.CallSid)
      assert.equal(result.legs[1].sid, params.DialCallSid)
    end)
  end

  it("goes on with the document when it has no action", function()
    local result = play({ ["/start"] = "<Dial>" .. A .. "</Dial><Say>Next.</Say>" }, { legs = { "busy" } })
    assert.truthy(lines(result):find("hears: Next.", 1, true))
    assert.equal(A, result.legs[1].target)
  end)

  it("tells callbacks what they asked for only, counted from 0", function()
    local result = report({ "answered" }, { nouns = ('<Number statusCallback="/s">%s</Number>'):format(A) })
    assert.equal("completed0", told(result, result.legs[1].sid))
    local params = result.told[1].params
    assert.equal(result.sid, params.ParentCallSid)
    assert.equal("outbound-dial", params.Direction)
    assert.equal("30", params.CallDuration)
  end)

  it("cannot reach what is not a number", function()
    local result = report({ "answered" }, { nouns = number("911") })
    assert.equal("failed", last(result).params.DialCallStatus)
    assert.equal("13224", result.legs[1].error_code)
  end)

  it("rings a browser by its identity and shows it the parameters", function()
    local result = report({ ["client:user_42"] = "answered" }, { nouns =
      '<Client><Identity>user_42</Identity><Parameter name="from_name" value="Grace"/></Client>' })
    assert.equal("client:user_42", result.legs[1].target)
    assert.equal("Grace", result.legs[1].parameters.from_name)
    assert.equal("connected", result.outcome)
  end)

  it("asks the callee to press 1 before anybody is connected", function()
    local result = report({ "answered" }, { nouns = number(A, 'url="/screen"') })
    assert.equal("http://h/screen", result.asked[2].url)
    assert.equal(result.legs[1].sid, result.asked[2].params.CallSid)
    assert.equal(result.sid, result.asked[2].params.ParentCallSid)
    assert.equal("1", result.asked[3].params.Digits)
    assert.equal("connected", result.outcome)
    assert.equal(30, result.duration) -- from the bridge on, not from the pick-up
  end)

  for _, does in ipairs { "declined", "voicemail" } do
    it("does not connect a callee that is " .. does .. " by the question", function()
      local nouns = number(A, 'url="/screen"')
      local result = report({ does }, { nouns = nouns })
      local params = last(result).params
      assert.equal("completed", params.DialCallStatus)
      assert.equal("false", params.DialBridged)
      assert.truthy(told(result, result.legs[1].sid):find("in-progress2 completed3", 1, true))
      result = report({ does }, { nouns = nouns, variant = { declined = "bridged-absent" } })
      assert.equal("completed", last(result).params.DialCallStatus)
      assert.is_nil(last(result).params.DialBridged)
      result = report({ does }, { nouns = nouns, variant = { declined = "no-answer" } })
      assert.equal("no-answer", last(result).params.DialCallStatus)
    end)
  end

  it("rings several at once; the first to pick up wins and the others are called off", function()
    local result = report({ { does = "answered", after = 9 }, { does = "answered", after = 4 } },
      { nouns = number(A) .. number(B) })
    assert.equal(result.legs[2].sid, last(result).params.DialCallSid)
    assert.equal("initiated0 ringing1 canceled2", told(result, result.legs[1].sid))
  end)

  it("lets the first to press 1 win, where Twilio does so", function()
    local nouns = number(A, 'url="/screen"') .. number(B, 'url="/screen"')
    local legs = { { does = "declined", after = 3 }, { does = "answered", after = 5 } }
    assert.equal("false", last(report(legs, { nouns = nouns })).params.DialBridged)
    local result = report(legs, { nouns = nouns, variant = { simulring = "first-press" } })
    assert.equal("true", last(result).params.DialBridged)
    assert.equal(result.legs[2].sid, last(result).params.DialCallSid)
  end)

  it("rings one after the other when told to", function()
    local nouns = number(A) .. number(B)
    local start = '<Dial timeout="10" sequential="true" action="/after">' .. nouns .. "</Dial>"
    local documents = { ["/start"] = start, ["/after"] = "<Hangup/>" }
    local result = play(documents, { legs = { "no-answer", "answered" } })
    assert.equal(10, result.legs[2].at)
    assert.equal("completed", last(result).params.DialCallStatus)
  end)

  it("takes what an unsure Twilio might do as variants", function()
    local result = report({ "closed" }, { variant = { closed_browser = "busy" } })
    assert.equal("busy", last(result).params.DialCallStatus)
    assert.equal(25, last(report({ "no-answer" }, { variant = { dial_buffer = 5 } })).at)
    assert.is_nil(last(report({ "answered" }, { variant = { bridged = "absent" } })).params.DialBridged)
  end)

  for _, word in ipairs { "no-answer", "canceled" } do
    it("ends when the caller gives up, which Twilio may call " .. word, function()
      local result = report({ "caller-hangs-up" }, { variant = { hangup = word } })
      assert.equal("abandoned", result.outcome)
      assert.equal("completed", last(result).params.CallStatus)
      assert.equal(word, last(result).params.DialCallStatus)
      assert.truthy(told(result, result.legs[1].sid):find(word .. "2", 1, true))
      assert.equal("completed0", told(result, result.sid))
    end)
  end

  it("ends by the caller in the middle of the talk", function()
    local result = report({ { does = "answered", after = 5, talk = 100 } }, { hangup_at = 30 })
    assert.equal("connected", result.outcome)
    assert.equal("completed", last(result).params.CallStatus)
    assert.equal("25", last(result).params.DialCallDuration)
    assert.equal(30, result.seconds)
  end)

  it("stops at the time limit", function()
    local result = play({ ["/start"] = dial(number(A), 'timeLimit="10"'), ["/after"] = "<Hangup/>" },
      { legs = { { does = "answered", talk = 500 } } })
    assert.equal("10", last(result).params.DialCallDuration)
  end)

  it("records the talk and tells it after the action", function()
    local result = play({
      ["/start"] = dial(number(A), 'record="record-from-answer-dual" recordingStatusCallback="/rec"'),
      ["/after"] = "<Hangup/>",
    }, { legs = { { does = "answered", talk = 12 } } })
    local recording = result.told[#result.told].params
    assert.equal("completed", recording.RecordingStatus)
    assert.equal("12", recording.RecordingDuration)
    assert.equal("2", recording.RecordingChannels)
    assert.equal("DialVerb", recording.RecordingSource)
    assert.equal(result.sid, recording.CallSid)
    assert.equal(recording.RecordingSid, last(result).params.RecordingSid)
  end)
end)

describe("a recording", function()
  local DOCUMENTS = {
    ["/start"] = [[<Record maxLength="10" action="/done" recordingStatusCallback="/rec"
      recordingStatusCallbackEvent="completed absent" transcribe="true" transcribeCallback="/text"/>
      <Say>Nothing was recorded.</Say>]],
    ["/done"] = "<Say>Thanks.</Say>",
  }

  it("is told to the action, the callback and the transcript", function()
    local result = play(DOCUMENTS, { messages = { 7 } })
    assert.equal("7", last(result).params.RecordingDuration)
    assert.equal("message", result.outcome)
    local kinds = {}
    for position, callback in ipairs(result.told) do kinds[position] = callback.kind end
    assert.same({ "recording", "status", "transcription" }, kinds)
    assert.equal("completed", result.told[3].params.TranscriptionStatus)
  end)

  -- www.twilio.com/docs/api/errors/13617
  local LENGTHS = { [1] = "failed", [2] = "failed", [3] = "completed", [119] = "completed", [120] = "failed" }
  for seconds, status in pairs(LENGTHS) do
    it(("of %d seconds: its transcript has %s"):format(seconds, status), function()
      local documents = { ["/done"] = "<Hangup/>", ["/start"] = DOCUMENTS["/start"]:gsub('"10"', '"120"') }
      local result = play(documents, { messages = { seconds } })
      local transcript = result.told[#result.told].params
      assert.equal(status, transcript.TranscriptionStatus)
      assert.equal(status == "completed", transcript.TranscriptionText ~= nil)
    end)
  end

  it("is no longer than allowed", function()
    assert.equal("10", last(play(DOCUMENTS, { messages = { 60 } })).params.RecordingDuration)
  end)

  it("of silence is absent and falls through", function()
    local result = play(DOCUMENTS, { messages = { 0 } })
    assert.truthy(lines(result):find("hears: Nothing was recorded.", 1, true))
    assert.equal("absent", result.told[1].params.RecordingStatus)
    assert.equal(1, #result.asked)
  end)

  it("is kept when the caller hangs up after speaking", function()
    local result = play(DOCUMENTS, { messages = { { seconds = 5, hangup = true } } })
    assert.equal("gone", result.ending)
    assert.equal("message", result.outcome)
    assert.equal("hangup", last(result).params.Digits)
    assert.equal("completed", last(result).params.CallStatus)
  end)
end)

describe("the play of a call", function()
  it("tells of every change before the callbacks, and lets time pass", function()
    local seen, passed = {}, 0
    play({ ["/start"] = dial(number(A)), ["/after"] = "<Hangup/>" }, {
      legs = { "busy" },
      observe = function(kind, what) seen[#seen + 1] = kind .. " " .. what.status end,
      tick = function(from, to) passed = passed + to - from end,
    })
    assert.same({
      "call ringing", "leg initiated", "leg ringing", "leg busy", "call in-progress", "call completed",
    }, seen)
    assert.equal(2, passed)
  end)

  it("ends when the tick says so", function()
    local result = play({ ["/start"] = dial(number(A)), ["/after"] = "<Hangup/>" }, {
      legs = { "answered" }, tick = function(_, to) return to > 20 end,
    })
    assert.equal("gone", result.ending)
  end)

  -- People's acts by the second at which they happen, of the first leg or of the caller.
  local function lived(acts, more)
    local options = more or {}
    local calls, sid = options.from ~= nil, ("CA%032x"):format(options.from and 1 or 2)
    options.live = true
    options.tick = function(from, to)
      for second = math.floor(from) + 1, math.ceil(to) do
        local act = acts[second]
        acts[second] = nil
        if act then
          return false, second, { { sid = act.sid or sid, does = act.does or act, keys = act.keys } }
        end
      end
    end
    return play({ ["/start"] = dial(calls and number(A) or "<Client " .. ALL .. ">user_ana</Client>"),
      ["/after"] = "<Hangup/>" }, options)
  end

  it("is played by people, too: answered, keys pressed, hung up", function()
    local result = lived { [7] = "answer", [9] = { does = "press", keys = "5" }, [30] = "hang_up" }
    assert.equal("connected", result.outcome)
    assert.equal("initiated0 ringing1 in-progress2 completed3", told(result, result.legs[1].sid))
    assert.equal(23, result.legs[1].duration)
    assert.matches("0:09  client:user_ana presses 5", lines(result), 1, true)
    assert.equal("completed", last(result).params.DialCallStatus)
  end)

  it("is declined by people, rings on when they do nothing, and ends when the caller gives up", function()
    assert.equal("busy", last(lived { [4] = "decline" }).params.DialCallStatus)
    assert.equal("no-answer", last(lived {}).params.DialCallStatus)
    local gone = lived({ [12] = "hang_up" }, {
      from = "client:user_ana", legs = { { does = "answered", talk = 600 } },
    })
    assert.equal("gone", gone.ending)
    assert.equal(12, gone.seconds)
  end)

  it("knows what a person cannot do: hang up what rings, answer twice", function()
    local result = lived {
      [3] = "hang_up", [6] = "answer", [8] = "answer", [9] = "decline", [20] = "hang_up",
    }
    assert.equal(14, result.legs[1].duration)
    local other = lived { [3] = { does = "answer", sid = "CA" .. ("f"):rep(32) } }
    assert.equal("no-answer", last(other).params.DialCallStatus)
  end)

  it("is the same every time", function()
    local function once()
      return lines(play({ ["/start"] = dial(number(A) .. number(B)), ["/after"] = "<Hangup/>" }, {
        legs = { [B] = "answered", "busy" } }))
    end
    assert.equal(once(), once())
  end)

  it("refuses a script that it does not understand", function()
    assert.error_matches(function() play({}, { legs = { "bussy" } }) end, "bussy isn't a valid leg outcome")
    assert.error_matches(function() play({}, { variant = { hangups = "x" } }) end, "unknown variant hangups")
  end)

  it("speaks for a browser, too", function()
    local result = play({ ["/start"] = "<Hangup/>" },
      { from = "client:user_42", params = { ApplicationSid = "AP1" } })
    local params = result.asked[1].params
    assert.equal("client:user_42", params.From)
    assert.equal("AP1", params.ApplicationSid)
    assert.is_nil(params.FromCity)
  end)
end)
