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
