-- No call reaches a dead end: which rule files are refused, and how that is said.
dofile("spec/support/native.lua")
local proof = require("calls.proof.proof")
local rules = require("calls.rules.ruleset")

local MONDAY = 1795425300 -- 2026-11-23, in the morning in Denver
local JOE, ANA = "+13035550142", "+13035550177"

-- `call` as the rule VM shows it: what is read is noted.
local function view(record, path, reads, fields)
  return setmetatable({}, { __index = function(self, key)
    if fields and fields[key] then return fields[key](self) end
    local value = record[key]
    reads[#reads + 1] = ('"%s%s":'):format(path, key)
    if type(value) == "table" and #value == 0 then
      return view(value, path .. key .. ".", reads)
    end
    return value
  end })
end

-- The text of a rule file, answering like the module rules.
local function answering(source)
  local set = rules.open(source, "forwarding.lua")
  return {
    list = function() return set.list end,
    examples = function() return set.examples end,
    calendar = function() return set.calendar end,
    decide = function(input)
      local reads = {}
      local ok, index, plan = pcall(set.decide, view(input, "", reads, set.fields))
      if ok then
        return true, index, plan, table.concat(reads)
      end
      local rule = set.list[set.progress[1]]
      local text = index:gsub("^forwarding%.lua:%d+: ", ""):gsub('^rule ".-": ', "")
      return nil, ('forwarding.lua:%d: rule "%s": %s'):format(rule.line, rule.name, text), "error",
        table.concat(reads)
    end,
  }
end

local function run(source, more)
  local options = { zone = "America/Denver", source = source, at = MONDAY, ring_limit = 60 }
  for key, value in pairs(more or {}) do options[key] = value end
  return proof.run(answering(source), options)
end

local OURS = { id = 1, user_id = "1", phone_number = "+15105550100", country = "US", is_active = 1,
  recording = "off", timezone = "America/Denver" }
local FACTS = {
  numbers = { { number = OURS, forwarding = {} } },
  policy = { own_numbers = { ["+15105550100"] = true, ["+15105550111"] = true }, countries = { US = true } },
}

describe("a rule file is refused", function()
  for _, case in ipairs({
    { "for silence after ringing",
      'return {\n  { "night",\n    go = ring("+13035550142"):otherwise(hangup()) },\n}', 2,
      'rule "night": the call ends without a word: say("…") something before hangup()',
      'rule "night" (forwarding.lua:2), any call → ring +13035550142 (no answer) → hangup' },
    { "for silence on one outcome only",
      'return { { "r", go = ring("+13035550142"):on("failed", hangup()) } }', 1,
      "without a word", "any call → ring +13035550142 (failed) → hangup" },
    { "for silence when nobody presses a key",
      'return { { "m", go = menu("Press 1", { ["1"] = voicemail() }):otherwise(hangup()) } }', 1,
      "without a word", "menu (a wrong key) → hangup" },
    { "for silence at night, for one kind of caller", [[
local OPEN = hours { zone = "America/Denver", ["mon-sat"] = "24h" }
return {
  { "sunday", when = function(call) return call.caller.anonymous and not OPEN:open_at(call.at) end,
    go = function() return ring("+13035550142"):otherwise(ring("+13035550177")):otherwise(hangup()) end },
}]], 3, "without a word",
  'rule "sunday" (forwarding.lua:3), caller anonymous, Sunday 03:00 (2026-12-06, America/Denver) '
      .. "→ ring +13035550142 (no answer) → ring +13035550177 (no answer) → hangup" },
    { "for a name that not every caller has",
      'return {\n  { "friends", '
      .. 'when = function(call) return call.caller.name:find("Joe") end, go = voicemail() },\n}', 2,
      'rule "friends": call.caller.name is nil here: write (call.caller.name or ""):find(…) (caller unknown)',
      "caller unknown → the rules fail, and the console's settings decide" },
    { "for a lookup that may fail",
      'return { { "crm", when = function(call) return call.lookups.crm.vip end, go = voicemail() } }', 1,
      "call.lookups.crm is nil here and has no fields: ask first, such as if call.lookups.crm then …",
      "no lookup answers" },
    { "for nobody in the list", 'return { { "crew", go = function(call)\n'
      .. 'return ring(call.line.busy and {} or "+13035550142") end } }', 1,
      "the list is empty", "browser busy" },
    { "for what is no plan",
      'return { { "x", go = function(call) if call.caller.anonymous then return {} end end } }', 1,
      "go must return a plan or nil, not a table", "caller anonymous" },
    { "for ringing that takes too long", 'return { { "long", go = function() return ring("+13035550142",\n'
      .. '{ seconds = 40 }):otherwise(ring("+13035550177")) end } }', 1,
      "a caller could hear 80 seconds of ringing, 60 is the limit", "any call" },
    { "for ringing the number that was called",
      'return { { "loop", go = function(call) return ring(call.to) end } }', 1,
      "is the number that was called: the call would come back here", "to +15105550100 → ring +15105550100" },
    { "for ringing another number of the account",
      'return { { "own", go = ring("+13035550142"):otherwise(ring("+15105550111")) } }',
      1, "+15105550111 is one of your own numbers: the call would come back here",
      "ring +13035550142 (otherwise) → ring +15105550111" },
    { "for a country where the account does not call", 'return { { "de", go = ring("+493012345678") } }', 1,
      "+493012345678 is in Germany, a country this account doesn't call", "ring +493012345678" },
    { "for TwiML that ends when nobody answers",
      'return { { "raw", go = twiml { twiml.dial { "+13035550142" } } } }', 1,
      "the call ends without a word when nobody talks", "any call → twiml" },
    { "for TwiML that dials a number of the account",
      'return { { "raw", go = twiml { twiml.dial { twiml.number { "+15105550111" } },\n'
      .. 'twiml.say { "Bye" } } } }', 1,
      "<Dial>: +15105550111 is one of your own numbers", "twiml" },
    { "for TwiML that leads back to the start",
      'return { { "raw", go = twiml { twiml.say { "Hi" }, twiml.redirect { "/api/twilio/twiml" } } } }', 1,
      "<Redirect> leads back to the start of the call, again and again", "twiml" },
    { "for a caller of whom only the file knows",
      'return { { "vip", when = function(call) return call.from == "+13035550188" end, go = function(call)\n'
      .. 'return call.nothing.at_all end } }', 1, "nothing is nil here", "caller +13035550188" },
    { "for a caller of the file who is a contact", 'return { { "vip", when = function(call)\n'
      .. 'return call.from == "+13035550188" and call.caller.name ~= nil end,\n'
      .. 'go = function() return 7 end } }', 1, "not 7", "+13035550188" },
    { "for a caller of the file who isn't one", 'return { { "vip", when = function(call)\n'
      .. 'return call.from == "+13035550188" and not call.caller.name end,\n'
      .. 'go = function() return 7 end } }', 1, "not 7", "+13035550188" },
    { "for a called number that is a key", [[
local DESKS = { ["+15105550100"] = 7 }
return { { "desk", go = function(call) return DESKS[call.to] or voicemail() end } }]], 2, "not 7", "" },
    { "for a minute at the edge of the hours", [[
local OPEN = hours { zone = "America/Denver", ["mon-sun"] = "08:15-24:00" }
return { { "edge", go = function(call)
  if OPEN:open_at(call.at) and not OPEN:open_at(call.at - 60) then return 7 end
  return voicemail() end } }]], 2, "go must return a plan or nil, not 7", "08:15 (" },
    { "for the hour that comes twice", [[
local OPEN = hours { zone = "America/Denver", sun = "01:00-02:00" }
return { { "dst", go = function(call)
  if OPEN:open_at(call.at) and OPEN:open_at(call.at - 3600) then return 7 end
  return voicemail() end } }]], 2, "not 7", "Sunday 01:" },
    { "for a holiday", [[
local OPEN = hours { zone = "America/Denver", ["mon-sun"] = "24h", closed = { "12-25" } }
return { { "feast", go = function(call) return OPEN:open_at(call.at) and voicemail() or 7 end } }]],
      2, "not 7", "(2026-12-25, America/Denver)" },
    { "for the week of one of a rota", [[
local ROTA = rota { zone = "Europe/Berlin", every = "week", from = "2026-01-05 08:00",
  "+13035550142", "+13035550177", "+13035550166", "+13035550188", "+13035550199" }
return { { "on call", go = function(call)
  if ROTA:at(call.at) == "+13035550199" then return 7 end
  return ring(ROTA:at(call.at)) end } }]], 3, "not 7", "Europe/Berlin)" },
    { "for a night in the week of one of a rota", [[
local ROTA = rota { zone = "America/Denver", every = { days = 14 }, from = "2026-01-05 08:00",
  "+13035550142", "+13035550177", "+13035550166" }
local OPEN = hours { zone = "America/Denver", ["mon-sun"] = "7am-7pm" }
return { { "on call", go = function(call)
  if not OPEN:open_at(call.at) and ROTA:at(call.at) == "+13035550166" then return 7 end
  return voicemail() end } }]], 4, "not 7", "America/Denver)" },
    { "for a swap", [[
local ROTA = rota { zone = "America/Denver", every = "day", from = "2026-01-05 08:00",
  "+13035550142", "+13035550177", ["2027-02-03"] = "+13035550166" }
return { { "on call", go = function(call)
  if ROTA:at(call.at) == "+13035550166" then return 7 end
  return voicemail() end } }]], 3, "not 7", "(2027-02-0" },
    { "for a time written as people do", [[
local OPEN = hours { zone = "America/Denver", ["mon-sun"] = "8:10am - 5:20 pm" }
return { { "edge", go = function(call)
  if not OPEN:open_at(call.at) and OPEN:open_at(call.at - 60) then return 7 end
  return voicemail() end } }]], 2, "not 7", "17:20 (" },
    { "for a movable date", [[
local OPEN = hours { zone = "America/Denver", ["mon-sun"] = "24h", closed = { "last mon may" } }
return { { "feast", go = function(call) return OPEN:open_at(call.at) and voicemail() or 7 end } }]],
      2, "not 7", "(2027-05-31, America/Denver)" },
    { "for the last day of a month", [[
return { { "pay day", go = function(call) return call.time.day == 31 and 7 or voicemail() end } }]],
      1, "not 7", "-31, America/Denver)" },
    { "for a quarter of an hour", [[
return { { "late", go = function(call) return call.time.clock == "13:45" and 7 or voicemail() end } }]],
      1, "not 7", "13:45 (" },
    { "for a day in another zone", [[
return { { "Berlin", go = function(call)
  return call:time_in("Europe/Berlin").weekday == "sun" and 7 or voicemail() end } }]],
      1, "not 7", "Sunday 0" },
    { "for a tag", 'return { { "tag", go = function(call)\n'
      .. 'for _, tag in ipairs(call.caller.tags) do if tag == "vip" then return 7 end end end } }', 1,
      "not 7", "tagged vip" },
  }) do
    it(case[1], function()
      local _, fault = run(case[2], { facts = FACTS })
      assert.is_table(fault)
      assert.are.equal(case[3], fault.line)
      assert.is_truthy(fault.message:find(case[4], 1, true), fault.message)
      assert.is_truthy(fault.path:find(case[5], 1, true), fault.path)
    end)
  end

  it("for a dead end of an example only", function()
    local source = 'return { { "x", when = function(call) return call.lookups.job == "now" end,\n'
      .. 'go = function() return ring("+13035550142"):otherwise(hangup()) end },\n'
      .. 'examples = { { lookups = { job = "now" }, expect = "ring" } } }'
    local _, fault = run(source)
    assert.is_truthy(fault.path:find("example 1 → ring +13035550142 (no answer) → hangup", 1, true),
      fault.path)
  end)
end)

describe("a rule file passes", function()
  for _, case in ipairs({
    { "without a rule", "return {}" },
    { "when everything ends in voicemail",
      'return { { "x", go = ring("+13035550142"):otherwise(ring(user "7")) } }' },
    { "when the last word is spoken",
      'return { { "x", go = ring("+13035550142"):otherwise(say("Goodbye.")) } }' },
    { "when it refuses a call on purpose",
      'return { { "spam", when = function(call) return call.caller.anonymous end, go = reject() }, '
      .. '{ "more", when = function(call) return call.from == "+13035550199" end, go = hangup() } }' },
    { "when a key of a menu hangs up",
      'return { { "m", go = menu("Press 9 to end", { ["9"] = hangup() }) } }' },
    { "when it checks before it looks",
      'return { { "x", when = function(call) local n = call.caller.name return n and n:find("Joe") end,\n'
      .. "go = voicemail() } }" },
    { "with TwiML that has a last word",
      'return { { "raw", go = twiml { twiml.dial { "+13035550142" }, twiml.say { "Nobody there." } } } }' },
    { "with TwiML that goes on",
      'return { { "raw", go = twiml { twiml.pause { length = 1 } }:otherwise(voicemail()) } }' },
    { "with a conference",
      'return { { "room", go = twiml { twiml.dial { twiml.conference { "Team" } } } } }' },
  }) do
    it(case[1], function()
      local report, fault = run(case[2], { facts = FACTS })
      assert.is_nil(fault, fault and fault.path)
      assert.is_true(report.calls >= 1 and report.plans >= 2)
    end)
  end

  it("with a recorded number, whatever the caller answers", function()
    for _, policy in ipairs { "ask", "on" } do
      local number = setmetatable({ recording = policy, recording_announcement = "We record." },
        { __index = OURS })
      local facts = { numbers = { { number = number, forwarding = {} } } }
      assert.is_nil(select(2, run(('return { { "x", go = ring("%s") } }'):format(JOE), { facts = facts })))
    end
  end)
end)

describe("the proof", function()
  it("only makes up calls that differ where rules have looked", function()
    assert.are.equal(1, (run('return { { "all", go = voicemail() } }')).calls)
    local anonymous = run('return { { "x", when = function(call) return call.caller.anonymous end,\n'
      .. "go = reject() } }")
    assert.is_true(anonymous.calls < 10)
    local hours = run('local O = hours { zone = "UTC", mon = "08:00-12:30" }\n'
      .. 'return { { "x", when = function(call) return O:open_at(call.at) end, go = voicemail() } }')
    assert.is_true(hours.calls > 168)
  end)

  it("proves a plan once", function()
    local source = 'return { { "x", go = function(call)'
      .. ' return ring(call.at %% 2 > 0 and "%s" or "%s") end } }'
    local report = run(source:format(JOE, ANA))
    assert.is_true(report.calls > 168)
    -- the two rings; the plans of a blocked caller and of a number that is switched off
    assert.are.equal(4, report.plans)
  end)

  it("is patient with a machine that is busy, and not for ever", function()
    local function slow(times)
      local tried = 0
      local answers = answering('return { { "x", go = voicemail() } }')
      local decide = answers.decide
      answers.decide = function(input)
        tried = tried + 1
        if tried > times then return decide(input) end
        return nil, 'forwarding.lua:1: rule "x": time budget exceeded', "time", "{}"
      end
      return select(2, proof.run(answers, { zone = "UTC", source = "", at = MONDAY }))
    end
    assert.is_nil(slow(2))
    assert.is_truthy(slow(3).message:find("time budget exceeded (any call)", 1, true))
  end)

  it("is bounded, whatever the file looks at", function()
    local numbers = {}
    for n = 1, 60 do numbers[n] = ('["+1303555%04d"] = true'):format(n) end
    local report = run("local T = { " .. table.concat(numbers, ", ")
      .. ' }\nreturn { { "x", when = function(call)\n'
      .. "return T[call.from] and call.at > 0 and call.line.busy and call.to and call.caller.tags and "
      .. 'call.caller.stir and call.caller.prior_calls > 1 end, go = voicemail() } }')
    assert.is_true(report.calls <= 4000, report.calls)
  end)

  it("warns of the console's settings, and refuses no rule for them", function()
    local loop = { id = 3, forward_to_number = "+15105550111", ring_timeout = 20, is_active = 1 }
    local facts = { numbers = { { number = OURS, forwarding = { always = loop } } }, policy = FACTS.policy }
    local report, fault = run("return {}", { facts = facts })
    assert.is_nil(fault)
    assert.are.equal(1, #report.warnings)
    local expected = "settings of +15105550100: ring: +15105550111 is one of your own"
    assert.is_truthy(report.warnings[1]:find(expected, 1, true), report.warnings[1])
  end)
end)
