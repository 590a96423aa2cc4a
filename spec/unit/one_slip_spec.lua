-- A file with one slip has one message, however its rules are laid out: nothing that only follows from it.
dofile("spec/support/native.lua")
local problems = require("calls.rules.problems")

local JOE = 'local JOE = "+13035550142"\n'

describe("one slip is told alone:", function()
  local LAYOUTS = { "return {\n{ \"a\",\ngo = %s },\n}\n", "return {\n  { \"a\",\n    go = %s },\n}\n",
    "return {\n  { \"a\", go = %s },\n}\n" }
  for _, plan in ipairs { "voicemail(", "ring(JOE", 'say("Hello)', 'say("Hello):otherwise(voicemail())',
    "say('Hello):on(\"busy\", voicemail())", "ring(JOE, { seconds = 20 )",
    "ring(JOE, {\n  seconds = 20,\n  confirm = false,\n)" } do
    it(plan:gsub("%s+", " "), function()
      for _, layout in ipairs(LAYOUTS) do
        local text = problems.refused("forwarding.lua", JOE .. layout:format(plan), {})
        assert.equal(1, select(2, text:gsub("forwarding%.lua:%d+:", "")), text)
      end
    end)
  end
end)

it("a table of the file's own may have methods", function()
  assert.equal("", problems.refused("forwarding.lua", "local PLANS = {}\nfunction PLANS:first()\n"
    .. 'return ring(self.phone)\nend\nPLANS.phone = "+13035550142"\n'
    .. 'return { { "a", go = PLANS:first() } }', {}))
end)

-- Several slips in one call or on one line are reported together, each once.
describe("each of several is told:", function()
  local CASES = {
    { "ring(JOE, { timeout = 20, recording = true })", 'no option "timeout"', 'no option "recording"' },
    { 'ring("12", { order = "x", seconds = 2, confirm = "no" })', '"12" isn\'t a phone number',
      'unknown order "x"', "seconds must be", "confirm is true or false" },
    { 'ring { "0303 555 0142", JOE, "911" }', '"0303 555 0142" isn\'t a phone number',
      "911 is an emergency" },
    { 'menu("", { x = ring(JOE) }, { retries = 5, seconds = 900 })', "menu needs a text", '"x" isn\'t a key',
      'no option "retries"', "seconds must be" },
    { 'voicemail("", { beep = true, lang = "de" })', "needs a greeting", 'option "beep"', 'option "lang"' },
    { "ring(JOE, { timeout = 20 }:otherwise(voicemail())", ") is missing before :", 'no option "timeout"' },
    { 'ring(JOE, { seconds = 20 }:otherwise(say("x":otherwise(voicemail()))', ") is missing before :",
      ") is missing before :, once more on this line" },
    { 'ring(JOE, { seconds = 20 ):otherwise(voicemail("hi"', "} is missing before )",
      ")) are missing before }" },
    { 'ring(JOE, { secnds = 20, confrm = false ):otherwise(voicemail("hi")', "} is missing before )",
      ") is missing before }", 'no option "secnds"', 'no option "confrm"' },
  }
  for _, case in ipairs(CASES) do
    it(case[1], function()
      local source = JOE .. 'return {\n{ "a", go = ' .. case[1] .. " },\n}\n"
      local text = problems.refused("forwarding.lua", source, {})
      for i = 2, #case do
        local pattern = case[i]:gsub("%p", "%%%0")
        assert.is_truthy(text:find("forwarding.lua:3: [^\n]*" .. pattern), text)
      end
      assert.equal(#case - 1, select(2, text:gsub("forwarding%.lua:%d+:", "")), text)
    end)
  end
end)

it("a mistake in a rota doesn't hide those of the rules", function()
  local text = problems.refused("forwarding.lua",
    JOE .. 'local R = rota { zone = "UTC", evry = "week", JOE }\n'
    .. 'return {\n{ "a", go = ring(JOE, { secs = 5 }) },\n}\n', {})
  assert.is_truthy(text:find('forwarding.lua:2: rota has no field "evry"', 1, true), text)
  assert.is_truthy(text:find('forwarding.lua:4: ring has no option "secs"', 1, true), text)
end)

describe("in hours, days that can't be read don't hide their times:", function()
  local CASES = {
    { '["tue to fri"] = "6:30am till 6pm"', "write tue-fri", "isn't a range: write" },
    { 'wedd = "8h-12"', 'did you mean "wed"', "write 08:00" },
    { '["12.24."] = "08:00-25:00"', "12.24.", '"25:00"' },
    { 'weekdays = "9-5"', "write mon-fri", "write 09:00" },
    { 'holidays = "12-25"', "write closed" },
    { 'zoning = "Etc/GMT+7"', 'unknown day "zoning"' },
    { 'phone = "+13035550142"', 'unknown day "phone"' },
  }
  for _, case in ipairs(CASES) do
    it(case[1], function()
      local source = 'local OFFICE = hours { zone = "UTC", sat = "09:00-12:00", ' .. case[1] .. " }\n"
        .. 'return { { "a", when = function(call) return OFFICE:open_at(call.at) end, go = voicemail() } }'
      local text = problems.refused("forwarding.lua", source, {})
      for i = 2, #case do assert.is_truthy(text:find(case[i], 1, true), text) end
      assert.equal(#case - 1, select(2, text:gsub("forwarding%.lua:1:", "")), text)
      assert.is_nil(text:find("forwarding.lua:2:", 1, true), text)
    end)
  end
end)

describe("has one message:", function()
  for source, message in pairs {
    ['local OFFICE = hours { timezone = "UTC", sat = "09:00-12:00" }\n'
      .. 'return { { "a", go = voicemail() } }'] = 'and has no "timezone"',
    ['local function known(call) return call.caller.name ~= nil end\n'
      .. 'return { { "a", when = known(), go = voicemail() } }'] = "known() runs while the file is read",
    ['local function known(call) return call.caller.name ~= nil end\n'
      .. 'return { { "a", when = known(call), go = voicemail() } }'] =
      "known(call) runs while the file is read",
  } do
    it(message, function()
      local text = problems.refused("forwarding.lua", source, {})
      assert.is_truthy(text:find(message, 1, true), text)
      assert.is_nil(text:find("\n", 1, true), text)
    end)
  end
end)

it("parts of a number that the file puts together aren't told", function()
  assert.equal("", problems.refused("forwarding.lua", 'local function desk(n) return "+1303555" .. n end\n'
    .. 'return { { "a", go = function() return ring(desk("0142")) end } }', {}))
end)

describe("a condition that the file makes by a call is none that runs too early:", function()
  for _, source in ipairs {
    "local function after(hour)\nreturn function(call) return call.time.hour >= (hour or 17) end\nend\n"
      .. 'return { { "a", when = after(), go = voicemail() }, { "b", go = voicemail() } }',
    'local call = "+14155550123"\nlocal function is(number)\nlocal is_it = {}\nis_it[number] = true\n'
      .. "return is_it\nend\nlocal KNOWN = { when = is(call) }\n"
      .. 'return { { "a", when = function(c) return KNOWN.when[c.from] end, go = voicemail() },\n'
      .. '{ "b", go = voicemail() } }',
    "local function early(call) return call.time.hour < 8 end\n"
      .. "local function both(call) return ({ when = early(call) }).when end\n"
      .. 'return { { "a", when = function(call) return both(call) end, go = voicemail() },\n'
      .. '{ "b", go = voicemail() } }',
  } do
    it(source:match("function (%l+)"), function()
      assert.equal("", problems.refused("forwarding.lua", source, {}))
    end)
  end
end)

-- What can't be undone is reported in words, not in Lua's own.
it("what Lua says is told in words", function()
  local words = require("calls.syntax.complaints").words
  for said, told in pairs {
    ["'}' expected (to close '{' at line 5) near ':'"] = "a } is missing before :, for the { of line 5",
    ["'end' expected (to close 'function' at line 2) near <eof>"] =
      "an end is missing before the end of the file, for the function of line 2",
    ["'=' expected near 'x'"] = "an = is missing before x",
    ["unexpected symbol near '}'"] = "} doesn't fit here: something before it is missing or too much",
    ["<name> expected near 'end'"] = "a name is missing before end",
    ["malformed number near '12x'"] = "12x isn't a number: put texts in quotes",
    ["something else near 'x'"] = "something else near 'x'",
  } do
    assert.equal(told, words(said))
  end
end)
