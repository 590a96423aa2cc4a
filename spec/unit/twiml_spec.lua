dofile("spec/support/native.lua")
local twiml = require("calls.twiml.document")
local verbs = require("calls.twiml.verbs")

local HEAD = '<?xml version="1.0" encoding="UTF-8"?>'

local function written(...)
  return (twiml.write(twiml.response { ... }):gsub("^" .. HEAD:gsub("%p", "%%%0"), ""))
end

--- The message of a mistake, without its position; fails when it names another file.
local function mistake_of(f)
  local ok, message = pcall(f)
  assert.is_false(ok)
  local text = message:match("^%S-twiml_spec%.lua:%d+: (.*)$")
  assert.is_truthy(text, "no position of the author: " .. message)
  return text
end

describe("twiml", function()
  it("writes attributes sorted, booleans and lists as Twilio spells them", function()
    local document = twiml.response {
      twiml.dial {
        timeout = 25, answerOnBridge = true, action = "https://example.com/next?a=1&b=2",
        twiml.number { "+13035550142", statusCallbackEvent = { "initiated", "completed" } },
        twiml.client "user_42",
      },
    }
    assert.equal(HEAD
      .. '<Response><Dial action="https://example.com/next?a=1&amp;b=2" answerOnBridge="true" '
      .. 'timeout="25"><Number statusCallbackEvent="initiated completed">+13035550142</Number>'
      .. "<Client>user_42</Client></Dial></Response>", twiml.write(document))
  end)

  it("writes an empty element, an empty text, an empty attribute and no nil one", function()
    assert.equal("<Response><Hangup/></Response>", written(twiml.hangup()))
    assert.equal("<Response/>", written())
    assert.equal('<Response><Say voice="alice"></Say></Response>', written(twiml.say { "", voice = "alice" }))
    assert.equal('<Response><Gather finishOnKey=""/></Response>',
      written(twiml.gather { finishOnKey = "", hints = nil }))
  end)

  it("skips false, so that a child may depend on something", function()
    assert.equal("<Response><Hangup/></Response>", written(false, twiml.hangup(), false))
  end)

  it("has a function for each of the 59 elements and knows the 301 attributes", function()
    local elements, attributes = 0, 0
    for name in pairs(verbs.describe()) do
      local element = verbs.elements[name]
      elements = elements + 1
      attributes = attributes + #element.sorted
      local word = name:gsub("-", "_"):gsub("(%l)(%u)", "%1_%2"):lower()
      assert.equal("function", type(twiml[word]), word)
    end
    assert.equal(59, elements)
    assert.equal(301, attributes)
    assert.equal(twiml["break"], twiml.break_)
  end)

  it("accepts every attribute and child that the catalogue has, and writes them", function()
    local samples = { string = "x", boolean = true, number = 3, token = "en-US" }
    for name, element in pairs(verbs.describe()) do
      local t, expected = {}, {}
      for attribute, kind in pairs(element.attributes) do
        t[attribute] = kind.values and kind.values[1] or samples[kind.kind]
        if kind.list then t[attribute] = { t[attribute], t[attribute] } end
        expected[#expected + 1] = attribute
      end
      for _, child in ipairs(element.children) do
        t[#t + 1] = twiml.node { name = child }
      end
      local node = twiml.node { name = name, attributes = t, children = {} }
      assert.is_truthy(node)
      table.sort(expected)
      assert.same(expected, verbs.elements[name].sorted)
    end
  end)

  for _, case in ipairs({
    { 'twiml has no verb "dail" (did you mean "dial"?)', function() twiml.dail {} end },
    { 'twiml has no verb "fax"', function() twiml.fax {} end },
    { '<Say> has no attribute "voise" (did you mean "voice"?)',
      function() twiml.say { "x", voise = "a" } end },
    { '<Dial> has no attribute "statuscallback"', function() twiml.dial { statuscallback = "a" } end },
    { "<Number> cannot be in <Response>: it belongs in <Dial>",
      function() twiml.response { twiml.number "1" } end },
    { "<Dial> cannot be in <Gather>: it belongs in <Response>",
      function() twiml.gather { twiml.dial {} } end },
    { "<Response> holds no text: \"hi\"", function() twiml.response { "hi" } end },
    { "<Dial timeout> must be a number, not \"20\"", function() twiml.dial { timeout = "20" } end },
    { "<Dial timeout> must be a number, not inf", function() twiml.dial { timeout = math.huge } end },
    { "<Dial answerOnBridge> must be true or false, not \"true\"",
      function() twiml.dial { answerOnBridge = "true" } end },
    { '<Reject reason> must be one of rejected busy (did you mean "busy"?), not "bussy"',
      function() twiml.reject { reason = "bussy" } end },
    { "<Client statusCallbackEvent> must be one of initiated ringing answered completed, not \"x ringing\"",
      function() twiml.client { statusCallbackEvent = "x ringing" } end },
    { "<Client statusCallbackEvent> must be at least one of initiated ringing answered completed, "
      .. "not a table",
      function() twiml.client { statusCallbackEvent = {} } end },
    { "<Say language> must be a word such as \"en-US\", not \"en US\"",
      function() twiml.say { language = "en US" } end },
    { "<Play> has a child that is nil", function() twiml.play { "a", nil, "b" } end },
    { "<Say> cannot hold a table", function() twiml.say { {} } end },
    { "<Say> cannot hold a function", function() twiml.say { print } end },
    { "<Dial action> must be a text, not a table", function() twiml.dial { action = {} } end },
    { "<Say> has no attribute a table", function() twiml.say { [{}] = 1 } end },
    { "twiml.write needs what twiml.response made, not a table", function() twiml.write(twiml.say "x") end },
  }) do
    it("refuses at the author's line: " .. case[1], function()
      local message = mistake_of(case[2])
      assert.equal(case[1], (message:gsub("%s%(did you mean \"statusCallback%w*\"%?%)", "")))
    end)
  end

  it("names the author's line also when the verb was a tail call of a helper", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local _, message = pcall(function() local x = twiml.dial { timout = 3 } return x end)
    assert.is_truthy(message:find("twiml_spec.lua:" .. line .. ": ", 1, true), message)
  end)

  it("escapes text and attributes once, each in its own way", function()
    assert.equal('<Response><Say voice="a">&lt;b&gt; &amp;amp; "q" \'s\' ]]&gt; &#xD;\n\t</Say></Response>',
      written(twiml.say { "<b> &amp; \"q\" 's' ]]> \r\n\t", voice = "a" }))
    assert.equal('<Response><Play digits="&quot;&lt;>&amp;\'&#x9;&#xA;&#xD;"/></Response>',
      written(twiml.play { digits = "\"<>&'\t\n\r" }))
  end)

  it("drops what XML cannot hold and replaces what is not UTF-8", function()
    local controls = {}
    for byte = 0, 31 do controls[#controls + 1] = string.char(byte) end
    assert.equal("<Response><Say>a\t\n&#xD;z</Say></Response>",
      written(twiml.say("a" .. table.concat(controls) .. "z")))
    assert.equal('<Response><Play digits="a\u{FFFD}b\u{FFFD}\u{FFFD}"/></Response>',
      written(twiml.play { digits = "a\xFFb\xC0\x80" }))
    assert.equal("<Response><Say>\u{FFFD} \u{FFFD}\u{FFFD}\u{FFFD} 漢 🙂</Say></Response>",
      written(twiml.say("\u{FFFE} \xED\xA0\x80 漢 🙂")))
  end)

  it("refuses a document above 64 KB", function()
    assert.is_truthy(written(twiml.say(("x"):rep(65000))))
    assert.equal("this TwiML has 70070 bytes; Twilio takes 65536 at most",
      mistake_of(function() twiml.write(twiml.response { twiml.say(("x"):rep(70000)) }) end))
  end)

  it("keeps its promise when escaped values come again and again", function()
    for round = 1, 3 do
      for i = 1, 400 do
        local value = "https://example.com/?n=" .. i .. "&v=<" .. round
        assert.equal('<Response><Play digits="https://example.com/?n=' .. i .. "&amp;v=&lt;" .. round
          .. '"/></Response>', written(twiml.play { digits = value }))
      end
    end
  end)

  it("turns into plain data and back", function()
    local node = twiml.dial {
      timeout = 20, record = "record-from-answer-dual",
      twiml.client { twiml.identity "user_42", statusCallbackEvent = { "ringing", "answered" } },
    }
    local plain = twiml.plain(node)
    assert.same({
      name = "Dial", attributes = { timeout = 20, record = "record-from-answer-dual" },
      children = { { name = "Client", attributes = { statusCallbackEvent = { "ringing", "answered" } },
        children = { { name = "Identity", attributes = {}, children = { "user_42" } } } } },
    }, plain)
    assert.equal(written(node), written(twiml.node(plain)))
  end)
end)
