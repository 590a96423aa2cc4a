dofile("spec/support/native.lua")
local plan = require("calls.plans.plan")
local words = require("calls.rules.words")

local w = words.environment {
  country = "US",
  data = function(name)
    return ({
      ["vips.txt"] = "# who\n+13035550188  Grace Hopper  # the admiral\r\n\n  +13035550199\n",
      ["bad.txt"] = "+13035550188 a\n303 555 019\n303 555 0199 b\n+1303555 c\nBob\n",
      ["twice.txt"] = "+13035550188 a\n+13035550188 b\n",
    })[name]
  end,
}
local JOE, ANA = "+13035550142", "+13035550177"

describe("ring", function()
  for _, case in ipairs {
    { { JOE, nil, ANA }, "ring: entry 2 of the list is nil, so entry 3 would be lost" },
    { { JOE, joe = ANA }, "ring takes a list of phones and users" },
    { { joe = JOE }, "ring takes a list of phones and users" },
    { { [2] = JOE }, "ring: entry 1 of the list is nil, so entry 2 would be lost" },
  } do
    it("refuses a list from which someone would vanish: " .. case[2], function()
      local ok, message = pcall(w.ring, case[1])
      assert.is_false(ok)
      assert.is_truthy(message:find(case[2], 1, true), message)
    end)
  end
end)

local function message_of(f)
  local ok, message = pcall(f)
  assert.is_false(ok)
  assert.is_truthy(message:find("words_spec.lua:", 1, true), message)
  return (message:gsub("^%S-:%d+: ", ""))
end

local function first(p)
  return plan.flatten(p, { ring_limit = 700 }).steps[1]
end

describe("words", function()
  it("are these", function()
    local names = {}
    for name in pairs(w) do names[#names + 1] = name end
    table.sort(names)
    assert.equal("contacts greeting group hangup hours menu oncall open person phone play reject ring rota "
      .. "say twiml user voicemail",
      table.concat(names, " "))
  end)

  it("take any bytes as a text, since a plan must be stored", function()
    assert.equal("caf\u{FFFD}", first(w.say("caf\xe9")).text)
    assert.equal("a\u{FFFD}", first(w.voicemail(("aé"):sub(1, 2))).greeting)
    assert.equal("\u{FFFD}!", first(w.menu("\xff!", { ["1"] = w.voicemail() })).text)
  end)

  it("ring takes a phone, a user, an owner, an identity, or a list of them, nobody twice", function()
    assert.same({ { phone = JOE } }, first(w.ring(JOE)).targets)
    assert.same({ { user = "42" } }, first(w.ring(w.user(42))).targets)
    assert.same({ { user = "42" } }, first(w.ring("user_42")).targets)
    assert.same({ { user = "a-b" } }, first(w.ring("userx_612d62")).targets)
    assert.same({ { user = "7" } }, first(w.ring({ id = 7, name = "Ana" })).targets)
    local owner = setmetatable({}, { __index = { id = "7" } }) -- as call.owner is
    assert.same({ { user = "7" }, { phone = JOE } }, first(w.ring({ owner, JOE, JOE, "user_7" })).targets)
  end)

  it("ring, rota and phone take numbers as people write them", function()
    for _, written in ipairs { "(303) 555-0142", "303.555.0142", "1 303 555 0142", "+1 (303) 555-0142" } do
      assert.same({ { phone = JOE } }, first(w.ring(written)).targets)
      assert.equal(JOE, w.phone(written))
      local rota = w.rota { zone = "America/Denver", every = "day", from = "2026-01-05 8am", written }
      assert.equal(JOE, rota:at(0))
    end
    local german = words.environment { country = "DE" }
    assert.same({ { phone = "+493012345678" } }, first(german.ring("030 12345678")).targets)
  end)

  it("ring takes seconds and confirm", function()
    assert.equal(25, first(w.ring(JOE, { seconds = 25 })).seconds)
    assert.equal(600, first(w.ring(JOE, { seconds = 600.0 })).seconds)
    assert.is_false(first(w.ring(JOE, { confirm = false })).confirm)
    assert.is_true(first(w.ring(JOE)).confirm)
  end)

  it("the others make the step they are named for", function()
    assert.same({ kind = "voicemail", greeting = "Hi" }, first(w.voicemail("Hi")))
    assert.same({ kind = "voicemail" }, first(w.voicemail()))
    assert.same({ kind = "say", text = "Hi", voice = "Polly.Joanna", language = "en-US" },
      first(w.say("Hi", { voice = "Polly.Joanna", language = "en-US" })))
    assert.same({ kind = "play", url = "https://example.com/a.mp3" },
      first(w.play("https://example.com/a.mp3")))
    assert.same({ kind = "reject", reason = "busy" }, first(w.reject("busy")))
    assert.same({ kind = "reject", reason = "rejected" }, first(w.reject()))
    assert.same({ kind = "hangup" }, first(w.hangup()))
    assert.same({ ["1"] = 3, ["*"] = 2 }, first(w.menu("x", { w.hangup(), ["*"] = w.reject() })).digits)
    assert.same({
      kind = "twiml",
      verbs = { { name = "Say", attributes = {}, children = { "a" } },
        { name = "Pause", attributes = { length = 2 }, children = {} } },
    }, first(w.twiml { w.twiml.say "a", false, w.twiml.pause { length = 2 } }))
  end)

  it("twiml has the verbs, and no more of the builder", function()
    assert.equal('twiml has no verb "write"', message_of(function() return w.twiml.write {} end))
    assert.is_false(pcall(function() w.twiml.say = nil end))
    assert.is_false(pcall(function() w.twiml.say.x = 1 end))
    assert.equal(w.twiml.say_as, w.twiml.say_as)
  end)

  for _, case in ipairs({
    { "ring: \"303 555 014\" isn't a phone number in the United States: check its length and its first "
      .. "digits, or write it with + and country code, such as +13035550142",
      function() w.ring("303 555 014") end },
    { 'ring: "Joe" isn\'t a phone number: write it like +13035550142, or person "Joe" for someone of '
      .. "people.txt",
      function() w.ring("Joe") end },
    { "ring: a rota needs a time: ring(ONCALL:at(call.at))", function()
      w.ring(w.rota { zone = "America/Denver", every = "day", from = "2026-01-05 08:00", JOE })
    end },
    { "phone: \"303 555 014\" isn't a phone number in the United States: check its length and its first "
      .. "digits, or write it with + and country code, such as +13035550142",
      function() w.phone("303 555 014") end },
    { "ring: 911 is an emergency or service number; dial it from a telephone.",
      function() w.ring("911") end },
    { "ring: +19005550142: calls to premium-rate numbers are not allowed.",
      function() w.ring({ JOE, "+19005550142" }) end },
    { "ring needs a phone or a user, not nil", function() w.ring(nil) end },
    { "ring: the list is empty", function() w.ring({}) end },
    { "ring: number 2 of the list is neither phone nor user: a table", function() w.ring({ JOE, {} }) end },
    { "ring: 11 at once, Twilio takes 10", function()
      local many = {}
      for i = 1, 11 do many[i] = "user_" .. i end
      w.ring(many)
    end },
    { "ring: options are a table, such as { seconds = 10 }, not 10", function() w.ring(JOE, 10) end },
    { 'ring: several are a list: write ring({ JOE, ANA }, { seconds = 20 })',
      function() w.ring(JOE, ANA) end },
    { 'ring has no option "second" (did you mean "seconds"?)', function() w.ring(JOE, { second = 5 }) end },
    { "ring: seconds must be a whole number from 5 to 600, not 4",
      function() w.ring(JOE, { seconds = 4 }) end },
    { "ring: seconds must be a whole number from 5 to 600, not 601",
      function() w.ring(JOE, { seconds = 601 }) end },
    { 'ring: seconds must be a whole number from 5 to 600, not "20"',
      function() w.ring(JOE, { seconds = "20" }) end },
    { "ring: confirm is true or false, not 1", function() w.ring(JOE, { confirm = 1 }) end },
    { "user needs the id of a user, not nil", function() w.user() end },
    { 'user needs the id of a user, not ""', function() w.user "" end },
    { "say needs a text, not nil", function() w.say() end },
    { 'say: options come behind the text, in a table of their own: say("Hi", { language = … })',
      function() w.say { "Hi", voice = "alice" } end },
    { 'say needs a text, not " "', function() w.say(" ") end },
    { 'user needs the id of a user, not "?"', function() w.user "\xff" end },
    { 'play needs the address of a recording, https://…, not "https://x/?", which has a space in '
      .. "its address: write %20 there, or leave the words out",
      function() w.play("https://x/\0") end },
    { 'reject: unknown reason "xx' .. ("é"):rep(17) .. '...": use "busy" or "rejected"',
      function() w.reject("xx" .. ("é"):rep(40)) end },
    { "say: a text has at most 4000 bytes", function() w.say(("x"):rep(4001)) end },
    { '<Say language> must be a word such as "en-US", not "e n"',
      function() w.say("x", { language = "e n" }) end },
    { "voicemail needs a greeting, not a table", function() w.voicemail({}) end },
    { 'play needs the address of a recording, https://…, not "a.mp3", which isn\'t a whole address: '
      .. 'write it like https://example.com/hello.mp3', function() w.play("a.mp3") end },
    { 'reject: unknown reason "bussy": use "busy" or "rejected"', function() w.reject("bussy") end },
    { 'menu needs a plan for each key: menu("…", { ["1"] = ring(ANA), ["2"] = voicemail() })',
      function() w.menu("x", {}) end },
    { 'menu: "a" isn\'t a key: use 0 to 9, * and #', function() w.menu("x", { a = w.hangup() }) end },
    { "menu: key \"1\" needs a plan, not \"x\"", function() w.menu("x", { "x" }) end },
    { "menu: \"12\" is as long as no other key: all keys have the same number of digits",
      function() w.menu("x", { ["1"] = w.hangup(), ["12"] = w.hangup() }) end },
    { "twiml: the list has no verbs", function() w.twiml {} end },
    { "<Number> cannot be in <Response>: it belongs in <Dial>",
      function() w.twiml { w.twiml.number "1" } end },
    { "contacts: can't find none.txt next to forwarding.lua", function() w.contacts("none.txt") end },
    { 'contacts needs the name of a file, such as "vips.txt" or "vips.csv", not "../x.txt"',
      function() w.contacts("../x.txt") end },
    { 'bad.txt:2: "303 555 019" isn\'t a phone number in the United States: check its length and its first '
      .. 'digits, or write it with + and country code, such as +13035550142\n'
      .. 'bad.txt:4: "+1303555" isn\'t a phone number: 7 digits, expected 11\n'
      .. 'bad.txt:5: "Bob" isn\'t a phone number; write it like +13035550142',
      function() w.contacts("bad.txt") end },
    { "twice.txt:2: +13035550188 is there twice, also on line 1", function() w.contacts("twice.txt") end },
  }) do
    it("refuse: " .. case[1], function() assert.equal(case[1], message_of(case[2])) end)
  end

  it("contacts gives names, or true, and cannot be changed", function()
    local vips = w.contacts("vips.txt")
    assert.equal("Grace Hopper", vips["+13035550188"])
    assert.is_true(vips["+13035550199"])
    assert.is_nil(vips["+13035550100"])
    local seen = {}
    for number, name in pairs(vips) do seen[number] = name end
    assert.same({ ["+13035550188"] = "Grace Hopper", ["+13035550199"] = true }, seen)
    assert.is_false(pcall(function() vips["+13035550188"] = nil end))
  end)

  it("asks the policy it is given", function()
    local own = words.environment { policy = { own_numbers = { [JOE] = true }, countries = { US = true } } }
    assert.is_truthy(message_of(function() own.ring(JOE) end):find("one of your own numbers", 1, true))
    assert.is_truthy(message_of(function() own.ring("+4930901820") end):find("is in Germany", 1, true))
    assert.is_truthy(own.ring(ANA))
  end)

  it("a user cannot be changed once made", function()
    local joe = w.user "joe"
    assert.is_false(pcall(function() joe.user = "eve" end))
    assert.equal("joe", first(w.ring(joe)).targets[1].user)
  end)
end)
