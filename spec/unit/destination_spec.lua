-- Where an override sends calls: what may be written, and the plan it makes.
dofile("spec/support/native.lua")
local console_forwarding = require("calls.plans.console_forwarding")
local destination = require("calls.plans.destination")
local override = require("calls.plans.override")
local stored_plan = require("calls.plans.stored_plan")

local JOE, ANA = "+13035550142", "+13035550177"

describe("the destination of an override", function()
  for written, case in pairs {
    [JOE] = { JOE, "ring +13035550142", "fwd" },
    ["+1 (303) 555-0142"] = { JOE, "ring +13035550142", "fwd" },
    [" Voicemail "] = { "voicemail", "voicemail" },
    ["user:42"] = { "user:42", "ring user:42", "line" },
    ["User: 42"] = { "user:42", "ring user:42", "line" },
    ["+13035550142,user:a-b, +13035550177,+13035550142"] = { "+13035550142, user:a-b, +13035550177",
      "ring +13035550142 user:a-b +13035550177", "simulring" },
  } do
    it("is read from " .. written, function()
      local to = destination.read(written)
      assert.equal(case[1], to.text)
      assert.same(to, destination.read(to.text))
      local made = console_forwarding.override { id = 7, forward_to_number = to.text, ring_timeout = 25 }
      assert.is_true(stored_plan.check(made))
      assert.equal(case[2], stored_plan.words(made.steps[1]))
      assert.equal(case[3], made.steps[1].leg)
      assert.equal("voicemail", made.steps[#made.steps].kind)
    end)
  end

  for _, wrong in ipairs { "", " ", ",", "911", "Joe", "user:", "voicemail, " .. JOE, JOE .. " " .. ANA,
    "+1303555014", (JOE .. ","):rep(40), "user:a\nb", "\xff" } do
    it(("is not read from %q"):format(wrong:sub(1, 20)), function()
      local to, message = destination.read(wrong)
      assert.is_nil(to)
      assert.is_string(message)
      -- A row that says so anyway, from another version, takes a message.
      local made = console_forwarding.override { id = 7, forward_to_number = wrong, ring_timeout = 25 }
      assert.equal("voicemail", made.steps[1].kind)
    end)
  end

  it("has only phones that may be dialled, and at most ten", function()
    local function problem(to)
      local wanted = { forward_to_number = to, ends_at = 2000 }
      override.complete(wanted, 1000)
      local fields = override.problems(wanted, 1000, { own_numbers = { [ANA] = true } })
      return fields and tostring(fields.forward_to_number)
    end
    assert.is_nil(problem(JOE .. ", user:42"))
    assert.is_nil(problem("voicemail"))
    assert.is_truthy(problem(JOE .. "," .. ANA):find("one of your own numbers", 1, true))
    local eleven = {}
    for i = 1, 11 do eleven[i] = "user:" .. i end
    assert.equal("at most 10 ring together", problem(table.concat(eleven, ",")))
  end)
end)
