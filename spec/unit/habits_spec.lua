-- Habits of other languages and systems, each alone in a file: told once, on its line, with what to write.
dofile("spec/support/native.lua")
local problems = require("calls.rules.problems")

local HEAD = 'local JOE, ANA = "+13035550142", "+13035550177"\n'

local function when(condition)
  return '{ "a", when = function(call) return ' .. condition .. " end, go = voicemail() },"
end

local function go(plan)
  return '{ "a", go = ' .. plan .. " },"
end

local CASES = {
  -- names
  { go "hour { }", '"hour" isn\'t defined (did you mean "hours"?)' },
  { when "len(call.from) < 8", '"len" isn\'t defined: the length of a text is #x' },
  { when "call.from.length < 8", 'has no field "length": the length of a text is #call.from' },
  { when 'call.from.startswith("+1303")', 'compare its beginning: call.from:sub(1, 5) == "+1303"' },
  { when 'call.caller.tags.includes("vip")', 'if tag == "vip" then return true end' },
  { when 'call.caller.name.lower() == "grace"', "lower needs a colon: call.caller.name:lower(…)" },
  { when 'call.from[0] == "+"', "call.from is a text: its first character is call.from:sub(1, 1)" },
  { when "call.CallerId == JOE", 'call has no field "CallerId": write call.from' },
  { when 'call.caller_name == "Grace"', 'call has no field "caller_name": write call.caller.name' },
  { when "call.time.weekday == 6", 'can\'t be compared with 6: write "mon", "tue"' },
  { when 'call.time.month == "dec"', 'can\'t be compared with "dec": write 12' },
  { when 'call.time.month == "Marble"', 'can\'t be compared with "Marble"', "write" },
  { when 'call.lookups.tier == gold', '"gold" isn\'t defined: write it in quotes, "gold"' },
  -- options of Twilio's
  { go "ring(JOE, { timeLimit = 600 })", "how long it rings is seconds, and calls end after", "seconds = 600" },
  { go 'ring(JOE, { record = "record-from-answer" })',
    "whether calls are recorded is a setting of the number" },
  { go 'menu("1", { ["1"] = voicemail() }, { numDigits = 1 })', "the digits of its keys say how many" },
  { go 'voicemail("Hi", { maxLength = 60 })', "a message ends after a silence, # or two minutes" },
  { go 'voicemail("Hi", { transcribe = true })', "messages are transcribed, after a beep" },
  { go 'say("Hello", { loop = 2 })', "write the text twice" },
  { go 'ring(JOE, { machineDetection = "Enable" })', "confirm = true asks for a key" },
  -- plans
  { go "ring(JOE):busy(voicemail())", 'write :on("busy", …)' },
  { go 'ring(JOE):on({ "busy", "failed" }, voicemail())',
    ':on takes one outcome: :on("busy", …):on("failed", …)' },
  { go "ring(JOE):on(voicemail())", ':on begins with its outcome, :on("busy", …)' },
  { go "ring(JOE) > voicemail()", "one plan after the other is written ring(…):otherwise(…), not >" },
  { go "{ ring(JOE), voicemail() }", "not a list of plans: one after the other is ring(…):otherwise(…)" },
  { go 'user("anna")', "not someone to ring: write ring(…)" },
  { '{ "a", when = hours { zone = "UTC", mon = "24h" }, go = voicemail() },',
    "not opening hours: write function(call) return OFFICE:open_at(call.at) end" },
  { '{ "a", when = true, go = voicemail() },', "not true: a rule without when always holds" },
  -- marks
  { '{ "a", go = function(call) return say("Hi %s" % (call.caller.name or "")) end },',
    'to fill in a text write ("Hi %s"):format(…)' },
  { when 'call.from ~ "^+1303"', 'to look for a text write call.from:find("^%+1303") ~= nil' },
  { go 'say(f"Hello {call.caller.name}")', 'Lua has no f"…": join texts with ..' },
  { '# night\n{ "a", go = voicemail() },', "a comment begins with --, not #" },
  { when "call.from:match(/^\\+1303/) ~= nil", "Lua has no /^\\+1303/: a pattern is a text" },
  { '{ "a", go = function(call) if call.line.busy: return voicemail() else: return ring(JOE) end },',
    "a block has no colon: if … then … else … end" },
  { '{ "a", go = say("We are closed.\nPlease call again.") },',
    "a text ends on the line on which it begins: join the lines" },
}

local function told(source, wanted, line, no)
  local text = problems.refused("forwarding.lua", source, {})
  assert.is_truthy(text:find(("forwarding.lua:%d: [^\n]*"):format(line) .. wanted:gsub("%p", "%%%0")), text)
  assert.is_nil(no and text:find(no, 1, true) or nil, text)
  local seen, count = {}, 0
  for message in text:gmatch("[^\n]+") do
    if not seen[message] then count = count + 1 end
    seen[message] = true
  end
  assert.equal(1, count, text)
end

describe("told once, on its line:", function()
  for _, case in ipairs(CASES) do
    it(case[1]:gsub("\n", " "), function()
      told(HEAD .. "return {\n" .. case[1] .. '\n{ "rest", go = voicemail() },\n}\n', case[2], 3, case[3])
    end)
  end

  for _, between in ipairs { "", "," } do
    it("examples behind the list" .. between, function()
      told(HEAD .. 'return {\n{ "a", go = ring(JOE) },\n}' .. between
        .. '\nexamples = { { from = JOE, expect = "ring +13035550142" } }\n',
        "examples belongs in the list of rules: return { …, examples = { … } }", 5)
    end)
  end

  it("a function that is used above its definition", function()
    told(HEAD .. "local function early(call) return late(call) end\n"
      .. "local function late(call) return call.time.hour > 20 end\n"
      .. "return { { 'a', when = early, go = voicemail() } }\n",
      '"late" is defined further down, on line 3: move that above this line', 2)
  end)
end)

describe("is no mistake:", function()
  for _, fine in ipairs {
    "local late\nlocal function early(call) return late(call) end\n"
      .. "late = function(call) return call.line.busy end\n"
      .. "return { { 'a', when = early, go = voicemail() }, { 'b', go = voicemail() } }",
    "local function again(n) return n < 1 or again(n - 1) end\n"
      .. "return { { 'a', when = function() return again(3) end, go = voicemail() },\n"
      .. "{ 'b', go = voicemail() } }",
    "local function first(call) local plan = ring(JOE) return plan end\n"
      .. "local function second(plan) return plan:otherwise(voicemail()) end\n"
      .. "return { { 'a', go = function(call) return second(first(call)) end } }",
    "return { { 'a', when = function(call) return call.time.day % 2 == 0 and #call.from > 5 end,\n"
      .. "go = voicemail() } }",
    "return { { 'a', when = function(call) return #call.caller.tags > 0 end, go = voicemail() } }",
    "return { { 'a', go = say('One line. \\z\n  And the next.') } }",
    "return { { 'a', when = function(call) return call.from:lower() == 'anonymous' end, go = voicemail() } }",
    "return { { 'a', go = function(call) if call.line.busy then return voicemail() else return ring(JOE) end\n"
      .. "end } }",
    "return { { 'a', when = function(call) return call.time.hour / 2 > 4 / 1 end, go = voicemail() } }",
  } do
    it(fine:sub(1, 70):gsub("\n", " "), function()
      assert.equal("", problems.refused("forwarding.lua", HEAD .. fine, {}))
    end)
  end
end)
