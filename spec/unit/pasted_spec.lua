-- Rules pasted in another language, or with what stood around them.
dofile("spec/support/native.lua")
local problems = require("calls.rules.problems")

-- Code of another language, told once, and as what it is.
describe("rules in another language are named:", function()
  local PASTED = {
    ["JSON"] = { '{ "rules": [ { "name": "all" } ] }', '[\n  { "name": "all" }\n]' },
    ["TwiML"] = { "<Response>\n<Dial>+13035550142</Dial>\n</Response>",
      '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Hangup/></Response>' },
    ["JavaScript"] = { "const VoiceResponse = require('twilio').twiml.VoiceResponse;\nconst x = 1;",
      "exports.handler = function(context, event) {\n  callback(null);\n};" },
    ["Python"] = { "from twilio.twiml.voice_response import VoiceResponse\nresp = VoiceResponse()",
      "@app.route('/voice')\ndef voice():\n    return str(resp)" },
    ["PHP"] = { "<?php\necho 'x';\n" },
    ["YAML"] = { "rules:\n  - name: closed\n    go: voicemail\n" },
    ["a dial plan of Asterisk"] = { "[incoming]\nexten => s,1,Answer()\n same => n,Dial(SIP/joe)\n" },
  }
  for language, files in pairs(PASTED) do
    it(language, function()
      for _, source in ipairs(files) do
        local text = problems.refused("forwarding.lua", source, {})
        local named = text:match("^forwarding%.lua:1: this is (.-), and rules are Lua: ")
        assert.equal(language, named, source)
        assert.is_nil(text:find("\n", 1, true))
        -- Quoted in a rule file with a slip, it isn't.
        local quoted = "--[[\n" .. source .. "\n]]\nlocal JOE = \"+13035550142\"\n"
          .. "return {\n  { \"a\" go = ring(JOE) },\n}\n"
        local told = problems.refused("forwarding.lua", quoted, {})
        assert.is_truthy(told:find("a comma is missing", 1, true), told)
      end
    end)
  end

  it("and marks around them", function()
    local text = problems.refused("forwarding.lua", "Here are the rules:\n\n```lua\nreturn {}\n```\n", {})
    assert.equal("forwarding.lua:3: ``` belongs to the text around the rules: delete its lines, "
      .. "and what isn't code", text)
  end)
end)

-- Python blocks, which are marked by their indentation, and spreadsheet formulas.
describe("each line that is another language's is told, and nothing else:", function()
  local HEAD = 'local JOE = "+13035550142"\n'
  local COLON = "a block has no colon"
  local CASES = {
    { 'return { { "a", go = function(call)\n  if call.caller.anonymous:\n    return reject()\n'
      .. "  elif call.line.busy:\n    return voicemail()\n  else:\n    return ring(JOE)\nend } }",
      { [3] = COLON, [5] = "elif isn't a word of Lua: write elseif … then", [7] = COLON } },
    { 'return { { "a", go = function(call)\n  if call.caller.anonymous:\n    return reject()\n'
      .. "  return ring(JOE)\nend } }", { [3] = COLON } },
    { 'return { { "a", go = function(call)\n  for tag in call.caller.tags:\n    if tag == "vip":\n'
      .. "      return ring(JOE)\n  return voicemail()\nend } }",
      { [3] = "a loop has no colon: for _, tag in ipairs(call.caller.tags) do … end", [4] = COLON } },
    { 'return { { "a", go = function(call)\n  for i in range(3):\n    if call.line.busy:\n'
      .. "      return ring(JOE)\n    end\n  return voicemail()\nend } }",
      { [3] = "a loop has no colon: for i = 1, 3 do … end", [4] = COLON } },
    { 'def is_joe(call):\n    return call.from == JOE\n\nreturn { { "a", when = is_joe, go = reject() } }',
      { [2] = "def isn't a word of Lua: write local function is_joe(call) … end" } },
    { 'return { { "a", go = function(call)\n  return ring(JOE) if call.line.busy else voicemail("Hi, you")'
      .. "\nend } }", { [3] = "write call.line.busy and ring(JOE) or voicemail(\"Hi, you\")" } },
    { 'return { { "a", when = function(call)\n  return AND(call.line.busy, call.caller.anonymous) end,\n'
      .. "go = reject() } }", { [3] = "Lua has no AND(…): write call.line.busy and call.caller.anonymous" } },
    { 'return { { "a", go = function(call)\n  return IF(call.line.busy, ring(JOE), reject()) end } }',
      { [3] = "Lua has no IF(…): write call.line.busy and ring(JOE) or reject()" } },
    { 'return { { "a", go = function(call)\n  return call.line.busy ? ring(JOE) : reject() end } }',
      { [3] = "Lua has no ?: write condition and one or other" } },
  }
  for condition, message in pairs {
    ['call.from like "+1303%"'] = 'Lua has no like: write call.from:find("^+1303")',
    ['call.from =~ "^+1303"'] = 'Lua has no =~: write call.from:find("^+1303")',
    ["call.time.hour between 8 and 17"] = "write call.time.hour >= 8 and call.time.hour <= 17",
    ["call.time.hour == 8, 9"] = "a when gives one value, so 9 would be lost: write x == one",
  } do
    CASES[#CASES + 1] = { 'return { { "a", when = function(call)\n  return ' .. condition
      .. " end, go = reject() } }", { [3] = message } }
  end
  CASES[#CASES + 1] = { 'return { { "a", go = ring(JOE).on(\n"busy", reject()) } }',
    { [2] = "with a colon" } }
  for _, case in ipairs(CASES) do
    it(case[1]:gsub("\n%s*", " "), function()
      local text, count, wanted = problems.refused("forwarding.lua", HEAD .. case[1] .. "\n", {}), 0, 0
      for line, message in text:gmatch("forwarding%.lua:(%d+): ([^\n]+)") do
        count = count + 1
        local expected = case[2][tonumber(line)]
        assert.is_truthy(expected and message:find(expected, 1, true), text)
      end
      for _ in pairs(case[2]) do wanted = wanted + 1 end
      assert.equal(wanted, count, text)
    end)
  end
end)
