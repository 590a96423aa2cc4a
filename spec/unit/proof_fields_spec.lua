-- A field that no call has: said at the save, with the word that was meant.
dofile("spec/support/native.lua")
local proof_fields = require("calls.proof.fields")
local tokens = require("calls.source.tokens")

local SOURCE = [[
local JOE = "+13035550142"
return { { "x",
  when = function(call) return call.form == JOE end } }
]]

local TOKENS = tokens.read(SOURCE)

describe("a field of call", function()
  for _, case in ipairs {
    { "form", '{"form":null}', 'call has no field "form" (did you mean "from"?)', 3 },
    { "caller.nmae", '{"from":"+1","caller.nmae":null}',
      'call.caller has no field "nmae" (did you mean "name"?)' },
    { "line.onlin", '{"line.onlin":null}', 'call.line has no field "onlin" (did you mean "online"?)' },
  } do
    it("that no call has is named: " .. case[1], function()
      local fault = proof_fields.fault(case[2], TOKENS)
      assert.equal(case[3], fault.message)
      assert.equal(case[4], fault.line)
    end)
  end

  for _, reads in ipairs {
    '{"from":"+13035550142"}', '{"caller.name":null}', '{"override":null}', '{"lookups.job":null}',
    '{"lookups.job.crew":null}', '{"number.note":null}', '{"forwarding.always":null}', '{"extra":1}', "{}",
  } do
    it("that a call may have is fine: " .. reads, function()
      assert.is_nil(proof_fields.fault(reads, TOKENS))
    end)
  end
end)
