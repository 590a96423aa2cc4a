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
