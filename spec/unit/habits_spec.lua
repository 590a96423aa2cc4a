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
  { go "ring(JOE, { timeLimit = 600 })",
    "how long it rings is seconds, and calls end after", "seconds = 600" },
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
  { '{ "a", go = function(call) return ring(JOE), voicemail() end },', "what is behind the comma is lost" },
  { go '"ring(JOE)"', 'not the text "ring(JOE)": write it without the quotes around it' },
  { '{ "a", condition = function(call) return call.line.busy end, go = voicemail() },',
    '(did you mean "when"?)' },
  { '{ "a", go: ring(JOE) },', "in a table write go = …, not go:" },
  { '{ "a", go == ring(JOE) },', "== compares: to give a value write go = …" },
  { '{ "a", go ring(JOE) },', "= is missing after go" },
  { '{ "a", go -> ring(JOE) },', "Lua has no ->: write =" },
  { '{ "a", go = return ring(JOE) },', "return is for functions: delete it" },
  { '{ "a", go = func(call) return ring(JOE) end },', "func isn't a word of Lua: write function" },
  { '{ "a", when = function(call, time) return time.hour > 3 end, go = voicemail() },',
    "when is given the call alone, so time would be nil: write call.time" },
  { when "call.caller.tags[0] == 'vip'", "call.caller.tags is a list" },
  { when 'tostring(call.caller.tags):find("vip") ~= nil', "call.caller.tags is a list" },
  { 'local H = hours { zone = "UTC", mon = "24h" } return { { "x", when = function(call) '
    .. 'return H == true end, go = voicemail() } } ',
    "H is neither true nor a text: write H:open_at(call.at)", whole = true },
  { 'local H = hours { zone = "UTC", { "mon-fri", "08:00-17:00" } } return { { "x", go = voicemail() } }',
    'hours: ranges need their days, such as ["mon-fri"]', whole = true },
  { 'local H = hours { zone = "UTC", mon = "24h", ["easter monday"] = "closed" } return { { "x", '
    .. "go = voicemail() } }", 'hours: unknown day "easter monday": write easter+1', whole = true },
  { 'local H = hours { zone = "UTC", mon = "24h", christmas = "closed" } return { { "x", '
    .. "go = voicemail() } }", 'hours: unknown day "christmas": write 12-25', whole = true },
  -- numbers
  { go 'ring("+61 0412 345 678")', "has a 0 that is only dialled at home: write +61412345678" },
  { go 'ring("+44 020 7946 0958")', "has a 0 that is only dialled at home: write +442079460958" },
  { go 'ring("+13035550142; +13035550177")', 'are two numbers: write { "+13035550142", "+13035550177" }' },
  { go 'ring("client:anna")', 'a user is written user "anna", not "client:anna"' },
  { when 'call.from == "0303 555 0142"', "call.from is written like +13035550142" },
  -- marks
  { '{ "a", go = function(call) return say("Hi %s" % (call.caller.name or "")) end },',
    'to fill in a text write ("Hi %s"):format(…)' },
  { when 'call.from ~ "^+1303"', 'to look for a text write call.from:find("^%+1303") ~= nil' },
  { go 'say(f"Hello {call.caller.name}")', 'Lua has no f"…": join texts with ..' },
  { '{ "a", go = function(call) if call.line.busy Then return voicemail() End return ring(JOE) End },',
    "isn't a word of Lua: write ", several = true },
  { '# night\n{ "a", go = voicemail() },', "a comment begins with --, not #" },
  { when "call.from:match(/^\\+1303/) ~= nil", "Lua has no /^\\+1303/: a pattern is a text" },
  { '{ "a", go = function(call) if call.line.busy: return voicemail() else: return ring(JOE) end },',
    "a block has no colon: if … then … else … end" },
  { '{ "a", go = function(call)\nswitch (call.time.weekday) {\ncase "sat": return voicemail();\ndefault: '
    .. 'return ring(JOE);\n}\nend },', "Lua has no switch: write if x == … then", line = 4 },
  { '{ "a", go = function(call)\nswitch call.time.weekday\n  case "sat": return voicemail()\n'
    .. "  default: return ring(JOE)\nend\nend },", "Lua has no switch: write if x == … then", line = 4 },
  { '{ "a", go = function(call)\n  match call.time.weekday:\n    case "sat":\n      return voicemail()\n'
    .. "    case _:\n      return ring(JOE)\nend },", "Lua has no match: write if x == … then", line = 4 },
  { '{ "a", go = function(call)\n  case call.time.weekday\n  when "sat" then voicemail()\n'
    .. "  else ring(JOE)\n  end\nend },", "Lua has no case: write if x == … then", line = 4 },
  { '{ "a", go = function(call)\n  unless call.line.busy\n    return voicemail()\n  end\n'
    .. '  return ring(JOE)\nend },', "Lua has no unless: write if not … then", line = 4 },
  { '{ "a",\n  match = 5,\n  when = function(call) return call.line.busy && true end,\n  go = voicemail() },',
    "Lua has no &&: write and", line = 5, several = true },
  { '{ "a", when = function(call) return call->caller->blocked end, go = voicemail() },',
    "Lua has no ->: write .", several = true },
  { '{ "a", when = ->(call) { call.line.busy }, go = voicemail() },',
    "Lua has no ->: write function(call) return … end" },
  { when "$call.line.busy", "names have no $: write call" },
  { when "call.time.hour between 9 and 17", "write call.time.hour >= 9 and call.time.hour <= 17" },
  { 'let H = hours({ zone: "UTC" });', "let isn't a word of Lua: write local", whole = true, several = true },
  { 'module.exports = [\n{ "a", go = ring(JOE) },\n]', "the list of rules is returned: write return { … }",
    whole = true, several = true },
  { '{ "a", go = voicemail() }, # night', "a comment begins with --, not #" },
  { '{ "a", go = ring(JOE, ANA) },', "ring: several are a list: write ring({ JOE, ANA }, { seconds = 20 })" },
  { go "ring(JOE, ANA, { seconds = 20 })", "would be lost: several are a list, ring({ JOE, ANA }," },
  { go "ring { JOE, ANA, seconds = 20 }", "Options come behind it: ring({ JOE }, { seconds = 20 })" },
  { 'local VIPS = { JOE }\nreturn { { "a", when = function(call) return VIPS.includes(call.from) end, go = '
    .. "voicemail() } }", "look it up with LIST[x] ~= nil", whole = true, line = 4 },
  { 'local H = hours { zone = "UTC", mon = "9,00-12,30" } return { { "x", go = voicemail() } }',
    'hours: "9,00-12,30" isn\'t a range: write 09:00-12:30', whole = true },
  { when 'call.time.month == "agosto"', "month is a number from 1 to 12 and can't be compared" },
  { when 'call.caller.name == ""', "call.caller.name is never empty: where there is none it is nil" },
  { go 'ring(JOE) .. voicemail()', ".. doesn't join plans: for one after the other write ring(…)" },
  { '{ "a", go = ring(JOE) + voicemail() },', "+ doesn't join plans: for one after the other write ring(…)" },
  { '{ "a", go = function(call)\ntry {\nreturn ring(call.lookups.a);\n} catch (e) {\n'
    .. 'return voicemail(); }\nend },',
    "Lua has no try: a lookup that fails gives nil", line = 4 },
  { '{ "a", go = function(call) local c = call.caller\nfor tag in c.tags do if tag then return reject() end'
    .. " end\nend },", "a loop goes through a list with ipairs: for _, x in ipairs(c.tags) do", line = 4 },
  { '{ "a", go = say("We are closed.\nPlease call again.") },',
    "a text ends on the line on which it begins: join the lines" },
}

local function told(source, wanted, line, no, several)
  local text = problems.refused("forwarding.lua", source, {})
  assert.is_truthy(text:find(("forwarding.lua:%d: [^\n]*"):format(line) .. wanted:gsub("%p", "%%%0")), text)
  assert.is_nil(no and text:find(no, 1, true) or nil, text)
  local seen, count = {}, 0
  for message in text:gmatch("[^\n]+") do
    if not seen[message] then count = count + 1 end
    seen[message] = true
  end
  assert.is_true(count == 1 or several and count > 1, text)
end

describe("told once, on its line:", function()
  for _, case in ipairs(CASES) do
    it(case[1]:gsub("\n", " "), function()
      local rest = '\n{ "rest", go = voicemail() },\n}\n'
      told(HEAD .. (case.whole and "--\n" .. case[1] or "return {\n" .. case[1] .. rest), case[2],
        case.line or 3, case[3], case.several)
    end)
  end

  for _, between in ipairs { "", "," } do
    it("examples behind the list" .. between, function()
      told(HEAD .. 'return {\n{ "a", go = ring(JOE) },\n}' .. between
        .. '\nexamples = { { from = JOE, expect = "ring +13035550142" } }\n',
        "examples belongs in the list of rules: return { …, examples = { … } }", 5)
    end)
  end

  it("a field of oncall.txt that has another name elsewhere", function()
    local files = { ["people.txt"] = "[joe]\nphone: +13035550142\n", ["oncall.txt"] = "[nights]\n"
      .. "zone: America/Denver\nevery: week\nstart: 2026-01-05 08:00\nfrom: 2026-01-05 08:00\npeople: joe\n" }
    local text = problems.refused("forwarding.lua", 'return { { "a", go = ring(person "joe") } }', {
      data = function(name) return files[name] end,
    })
    assert.equal('oncall.txt:4: nights, start: a rota has no field "start": write from', text)
  end)

  it("a function that is used above its definition", function()
    told(HEAD .. "local function early(call) return late(call) end\n"
      .. "local function late(call) return call.time.hour > 20 end\n"
      .. "return { { 'a', when = early, go = voicemail() } }\n",
      '"late" is defined further down, on line 3: move that above this line', 2)
  end)
end)

describe("is accepted:", function()
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
    "return { { 'a', go = function(call) if call.line.busy then return voicemail() else\n"
      .. "return ring(JOE) end end } }",
    "return { { 'a', when = function(call) return call.time.hour / 2 > 4 / 1 end,\n"
      .. "go = voicemail() } }",
  } do
    it(fine:sub(1, 70):gsub("\n", " "), function()
      assert.equal("", problems.refused("forwarding.lua", HEAD .. fine, {}))
    end)
  end
end)
