dofile("spec/support/native.lua")
local ledger = require("calls.ledger")

describe("ledger.is_open", function()
  local function missed(fields)
    local call = { direction = "inbound", from = "+14155550123", ended_at = 1 }
    for key, value in pairs(fields) do call[key] = value ~= "none" and value or nil end
    return ledger.is_open(call)
  end

  it("is what reached nobody, with or without a message", function()
    assert.is_true(missed {})
    assert.is_true(missed { end_reason = "voicemail" })
    assert.is_true(missed { end_reason = "abandoned" })
    assert.is_true(missed { end_reason = "hangup" })
    assert.is_true(missed { end_reason = "abandoned", ended_at = "none" })
  end)

  it("is not what was answered, turned away, goes on, goes out, or shows no number", function()
    for _, reason in ipairs { "answered", "forwarded", "blocked", "rejected" } do
      assert.is_false(missed { end_reason = reason })
    end
    assert.is_false(missed { ended_at = "none" })
    assert.is_false(missed { direction = "outbound" })
    for _, from in ipairs { "anonymous", "", "+266696687", "client:user_7", "sip:a@b.example" } do
      assert.is_false(missed { from = from })
    end
  end)
end)
