-- A field that no call has: said at the save, with the word that was meant.
dofile("spec/support/native.lua")
local call_fields = require("calls.lint.known.call_fields")
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
    { "number.labell", '{"number.labell":null}',
      'call.number has no field "labell": write call.number.friendly_name' },
    { "number.timezon", '{"number.timezon":null}',
      'call.number has no field "timezon" (did you mean "timezone"?)' },
    { "forwarding.always.to", '{"forwarding.always.to":null}',
      'call.forwarding.always has no field "to": write call.forwarding.always.forward_to_number' },
    { "override.until_", '{"override.untill":null}', 'call.override has no field "untill"' },
    { "timezone", '{"timezone":null}', 'call has no field "timezone": write call.number.timezone' },
    { "line.onlin", '{"line.onlin":null}', 'call.line has no field "onlin" (did you mean "online"?)' },
  } do
    it("that no call has is named: " .. case[1], function()
      local fault = proof_fields.fault(case[2], TOKENS)
      assert.equal(case[3], fault.message)
      assert.equal(case[4], fault.line)
    end)
  end

  it("of a row may be each of its columns", function()
    for record, name in pairs { number = "user_phone_numbers", override = "overrides",
      ["forwarding.always"] = "call_forwarding" } do
      local columns = 0
      local made = io.popen("cat schema/*.sql"):read("a"):match("CREATE TABLE " .. name .. " %((.-)\n%)")
      for line in made:gmatch("[^\n]+") do
        local column = line:match("^%s+([%l_]+) %u")
        if column then
          columns = columns + 1
          assert.is_nil(call_fields.fault(record .. "." .. column), column)
        end
      end
      assert.is_true(columns > 5)
    end
  end)

  for _, reads in ipairs {
    '{"from":"+13035550142"}', '{"caller.name":null}', '{"override":null}', '{"lookups.job":null}',
    '{"lookups.job.crew":null}', '{"number.area_code":null}', '{"forwarding.always":null}',
    '{"extra":1}', "{}",
  } do
    it("that a call may have is fine: " .. reads, function()
      assert.is_nil(proof_fields.fault(reads, TOKENS))
    end)
  end
end)
