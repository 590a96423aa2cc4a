-- Loading a rule file and deciding with it, in plain Lua. What only the rule VM
-- can stop (time, memory, hostile patterns) is in spec/native/rule_vm_attack_test.c.
dofile("spec/support/native.lua")
dofile("spec/support/rule_language.lua")
local mistake = require("calls.mistake")
local plan_words = require("calls.plans.words")
local rules = require("calls.rules.ruleset")
local rule_file = require("support.rule_file")

local open, refusal, with_when = rule_file.open, rule_file.refusal, rule_file.with_when

describe("numbers as people write them", function()
  local function country(top)
    local set = open(top .. '\nreturn { { "one", go = ring("030 12345678") } }')
    return set.list[1].plan.steps[1].targets[1].phone
  end

  it("are of the configured country, else of the file's first number, else of the United States", function()
    assert.equal("+493012345678", country('local A = "+493087654321"'))
    assert.is_truthy(refusal('return { { "one", go = ring("030 12345678") } }')
      :find("in the United States", 1, true))
    local set = rules.open('return { { "one", go = ring("(303) 555-0142") } }', "forwarding.lua",
      { country = "US" })
    assert.equal("+13035550142", set.list[1].plan.steps[1].targets[1].phone)
  end)

  for _, code in ipairs {
    'local VIPS = { ["(303) 555-0188"] = "Grace" }', 'local A = { ["+1 303 555 0188"] = true }',
    'local function f(call) return call.from == "303-555-0188" end',
    "local function f(call) return '1 303 555 0188' ~= call.from end",
  } do
    it("are refused where no caller's number equals them: " .. code, function()
      local message = refusal("\n" .. code .. '\nreturn { { "one", go = hangup() } }')
      assert.is_truthy(message:find("^forwarding%.lua:2: no caller's number looks like "), message)
      assert.is_truthy(message:find('write "+13035550188", or phone(', 1, true), message)
    end)
  end

  it("are no dates, keys or comments", function()
    open('local H = hours { zone = "America/Denver", ["2026-12-24"] = "closed", mon = "24h" }\n'
      .. '-- ["(303) 555-0188"] = 1\n'
      .. 'return { { "one", go = menu("x", { ["1"] = hangup(), ["2"] = hangup() }) } }')
  end)
end)

local SAMPLE = [[
local JOE, ANA = "+13035550142", "+13035550177"
local VIPS = { ["+13035550188"] = "Grace", ["+13035550199"] = "Linus" }
local function at_night(call) return call.at < 100 end
return {
  {
    "VIPs ring both of us, day or night",
    when = function(call) return VIPS[call.from] ~= nil end,
    go = ring({ JOE, ANA }, { seconds = 25 }):otherwise(voicemail("We call back today.")),
  },
  { "at night", when = at_night, go = voicemail("We are closed.") },
  {
    "a customer with a job today goes to the crew on it",
    when = function(call) return call.lookups.job ~= nil end,
    go = function(call) return ring(call.lookups.job.crew_phone):otherwise(ring(JOE)) end,
  },
  { "whatever is left", when = function(call) return call.left end, go = function() end },
  examples = { { from = "+13035550188", at = "2026-11-22 03:00", expect = "ring" } },
}
]]

describe("a rule file", function()
  it("lists its rules with their lines, plans that are written out, and its examples", function()
    local set = open(SAMPLE)
    local lines = {}
    for i, rule in ipairs(set.list) do lines[i] = rule.line .. " " .. rule.name end
    assert.same({
      "7 VIPs ring both of us, day or night", "10 at night",
      "13 a customer with a job today goes to the crew on it", "16 whatever is left",
    }, lines)
    assert.equal("ring +13035550142 +13035550177", plan_words.plan(set.list[1].plan))
    assert.equal(25, set.list[1].plan.steps[1].seconds)
    assert.is_nil(set.list[3].plan)
    assert.equal("2026-11-22 03:00", set.examples[1].at)
  end)

  it("finds the line of a rule without functions by its name", function()
    local set = open('-- hello\nreturn {\n\n  { "first", go = hangup() },\n  { \'second\', go = hangup() } }')
    assert.equal(4, set.list[1].line)
    assert.equal(5, set.list[2].line)
  end)

  it("takes no other text of its name for it", function()
    local set = open('local OFFICE = hours { zone = "UTC", mon = "24h", sat = "closed" }\n'
      .. 'return {\n  { "closed", go = voicemail("closed") },\n}')
    assert.equal(3, set.list[1].line)
  end)

  it("finds it among thousands, in both kinds of quotes", function()
    local lines = {}
    for i = 1, 3000 do
      lines[i] = (i % 2 == 0 and "{ 'r%d', go = hangup() }," or '{ "r%d", go = hangup() },'):format(i)
    end
    local set = open("return {\n" .. table.concat(lines, "\n") .. "\n}")
    for i, entry in ipairs(set.list) do
      assert.same({ "r" .. i, i + 1 }, { entry.name, entry.line })
    end
  end)

  it("decides by the first rule that holds", function()
    local set = open(SAMPLE)
    local function decided(call)
      local index, plan = set.decide(call)
      return index, plan and plan_words.plan(plan)
    end
    assert.same({ 1 }, { decided { from = "+13035550199", at = 5, lookups = {} } })
    assert.same({ 2 }, { decided { from = "+1", at = 5, lookups = {} } })
    local job = { job = { crew_phone = "+13035550111" } }
    assert.same({ 3, "ring +13035550111" }, { decided { from = "+1", at = 500, lookups = job } })
    assert.same({ 4 }, { decided { from = "+1", at = 500, lookups = {}, left = true } })
    assert.same({}, { decided { from = "+1", at = 500, lookups = {} } })
  end)

  it("has a rule without `when` that always holds", function()
    assert.equal(1, (open("return { { 'a', go = hangup() }, { 'b', go = hangup() } }").decide({})))
  end)

  it("may be empty: the console's settings decide", function()
    local set = open("return {}")
    assert.is_nil((set.decide({})))
    assert.same({}, set.list)
    assert.same({}, set.examples)
  end)
end)

describe("a mistake in a rule file is refused", function()
  for _, case in ipairs({
    { "return {\n  { 'a' go = 5 }\n}", "forwarding.lua:2: a comma is missing before go" },
    { "return {", "forwarding.lua:1: the { of this line isn't closed: a } is missing at its end" },
    { "\27Lua", "forwarding.lua:1: this is compiled Lua: save its source" },
    { "local x\nreturn x.y", "forwarding.lua:2: attempt to index a nil value (local 'x')" },
    { "\nlocal a = 1",
      "forwarding.lua:2: the file must return a list of rules, not nil: end it with return { … }" },
    { "local a = 1\nreturn 5", "forwarding.lua:2: the file must return a list of rules, not 5" },
    { "return hangup()", "forwarding.lua:1: the file must return a list of rules, not a plan: "
      .. 'return { { "name", go = … } }' },
    { "return { exmples = {} }",
      'forwarding.lua:1: the list of rules has an unknown field "exmples" (did you mean "examples"?)' },
    { "return { nil, { 'b', go = hangup() } }",
      "forwarding.lua:1: rule 1 of the list is nil, so the rules after it would be lost" },
    { "return {\n{ when = function() end, go = hangup() } }", "forwarding.lua:2: rule 1 must begin with its "
      .. 'name: { "name", when = …, go = … }' },
    { "return { { 'a\\nb', go = hangup() } }", "forwarding.lua:1: rule 1 must begin with its name: "
      .. '{ "name", when = …, go = … }' },
    { "return { { 'caf\xe9', go = hangup() } }", "forwarding.lua:1: rule 1 must begin with its name: "
      .. '{ "name", when = …, go = … }' },
    { "return { { ' ', go = hangup() } }", "forwarding.lua:1: rule 1 must begin with its name: "
      .. '{ "name", when = …, go = … }' },
    { "return {\n  { 'a', go = hangup() },\n  { 'b', go = hangup() }, { 'a',\n go = hangup() } }",
      'forwarding.lua:3: rule "a" is there twice, also on line 2' },
    { "return {\n{ 'a', when = function() end,\ngo = hangup() },\n{ 'a', when = function() end, "
      .. "go = hangup() } }",
      'forwarding.lua:4: rule "a" is there twice, also on line 2' },
    { "return {\n{ 'a', wen = 1, go = hangup() } }", 'forwarding.lua:2: rule "a" has an unknown field "wen" '
      .. '(did you mean "when"?): a rule is { "name", when = …, go = … }' },
    { "return {\n{ 'a', 'b', go = hangup() } }",
      'forwarding.lua:2: rule "a": this value has no name: a rule is { "name", when = …, go = … }' },
    { "return { { 'a', when = true, go = hangup() } }",
      'forwarding.lua:1: rule "a": when must be function(call) return … end, not true'
      .. ": a rule without when always holds" },
    { "return { { 'a', when = hangup(), go = hangup() } }",
      'forwarding.lua:1: rule "a": when must be function(call) return … end, not a plan' },
    { "return { { 'a' } }", 'forwarding.lua:1: rule "a" has no go: add what happens, such as go = ring(…)' },
    { "return { { 'a', go = '+13035550142' } }", 'forwarding.lua:1: rule "a": go must be a plan (ring, '
      .. 'voicemail, …) or function(call) return … end, not "+13035550142": write ring("+13035550142")' },
    { "return { { 'a', go = voicemail } }",
      'forwarding.lua:1: rule "a": go = voicemail lacks its parentheses: voicemail(…)' },
    { "return {\n{ 'a', go = ring('+13035550142', { seconds = 90 }) } }", 'forwarding.lua:2: rule "a": a '
      .. "caller could hear 100 seconds of ringing, 60 is the limit (write { seconds = 50 }): "
      .. "ring +13035550142 90 s (and 10 to press 1)" },
    { "return { examples = 5 }",
      "forwarding.lua:1: examples must be a list of { from = …, at = …, expect = … }" },
    { "return { examples = { { from = '+1' } } }",
      'forwarding.lua:1: example 1: expect is a text such as "voicemail" or "ring +13035550142", not nil' },
    { "local a\nreturn { examples = { { form = '+1', expect = 'voicemail' } } }",
      'forwarding.lua:2: example 1 has an unknown field "form" (did you mean "from"?)' },
    { "return { examples = { { 'voicemail', expect = 'voicemail' } } }",
      "forwarding.lua:1: example 1 has an unknown field 1: it takes at, caller, expect, forwarded_from, "
        .. "forwarding, from, line, lookups, number, override, owner and to" },
    { "return { examples = { { from = 13035550142, expect = 'voicemail' } } }",
      "forwarding.lua:1: example 1: from must be a text, not 13035550142" },
    { "return { examples = { { lookups = 'job', expect = 'voicemail' } } }",
      'forwarding.lua:1: example 1: lookups must be a table, not "job"' },
  }) do
    it(case[2]:sub(1, 90), function()
      assert.equal(case[2], refusal(case[1]))
    end)
  end
end)

describe("in a rule file", function()
  it("only the words and the safe part of the language are there", function()
    for _, name in ipairs({
      "_G", "io", "os", "debug", "package", "require", "load", "loadfile", "dofile", "setmetatable",
      "getmetatable", "rawset", "rawget", "coroutine", "xpcall", "collectgarbage", "print", "loadstring",
    }) do
      assert.equal(('forwarding.lua:1: "%s" isn\'t defined'):format(name),
        (refusal("local x = " .. name .. "\nreturn {}"):gsub("(isn't defined).*$", "%1")))
    end
    for _, field in ipairs({ "string.dump", "string.pack", "math.random", "math.randomseed" }) do
      assert.is_truthy(pcall(open, ("assert(%s == nil) return {}"):format(field)))
    end
  end)

  it("a misspelt word is named, at its line", function()
    assert.equal('forwarding.lua:2: "vociemail" isn\'t defined (did you mean "voicemail"?)',
      refusal("return {\n  { 'a', go = vociemail() } }"))
  end)

  it("a mistake in a word is named, at its line", function()
    assert.equal('forwarding.lua:2: unknown outcome "bussy" (did you mean "busy"?): '
      .. "use busy, no_answer, failed, declined",
      refusal("return {\n  { 'a', go = ring('+13035550142'):on('bussy', hangup()) } }"))
  end)

  it("the library says what is wrong", function()
    for body, says in pairs({
      ["table.insert(5, 1)"] = "bad argument #1", ["table.concat({ {} })"] = "invalid value",
      ["local t = {} table.sort({ t, t })"] = "attempt to compare two table values",
      ["table.move({}, 1, 1e9 // 1 | 0, 2, {})"] = "the list is too long",
    }) do
      local _, message = pcall(with_when(body).decide, {})
      assert.is_truthy(message:find(says, 1, true), message)
    end
  end)

  it("go must return a plan or nil", function()
    for value, shown in pairs({
      ["5"] = "5", ["'ring'"] = '"ring"', ["{}"] = "a table", ["true"] = "true",
      ["hangup"] = "hangup without its parentheses: hangup(…)",
      ["{ start = 1, steps = {} }"] =
        'a table: a plan is made with a word, such as ring("+13035550142", { seconds = 20 })',
      ["call.owner"] = mistake.SOMEONE .. ": write ring(…)",
    }) do
      local set = open(("return {\n{ 'mine', go = function(call) return %s end } }"):format(value))
      local ok, message = pcall(set.decide, { owner = { id = "1" } })
      assert.is_false(ok)
      assert.equal('forwarding.lua:2: rule "mine": go must return a plan or nil, not ' .. shown, message)
    end
  end)

  it("tells the host which rule was being tried", function()
    local set = open("return { { 'a', when = function() end, go = hangup() },\n"
      .. "{ 'b', when = function() error('x') end, go = hangup() } }")
    assert.is_false((pcall(set.decide, {})))
    assert.equal(2, set.progress[1])
  end)
end)
