dofile("spec/support/native.lua")
local follow_up = require("calls.report.follow_up")

describe("follow_up.key", function()
  local function key(fields)
    local call = { call_sid = "CA1", direction = "inbound", from = "+14155550123", ended_at = 1 }
    for name, value in pairs(fields) do call[name] = value ~= "none" and value or nil end
    return follow_up.key(call)
  end

  it("is the number of a call that reached nobody, with or without a message", function()
    for _, reason in ipairs { "none", "voicemail", "abandoned", "hangup", "no_message" } do
      assert.equal("+14155550123", key { end_reason = reason })
    end
    assert.equal("+14155550123", key { end_reason = "abandoned", ended_at = "none" })
  end)

  local NUMBERLESS = { "anonymous", "", "+266696687", "client:user_7", "sip:a@b.example" }

  it("is the call itself where a message was left without a number", function()
    for _, from in ipairs(NUMBERLESS) do
      local found = key { from = from, end_reason = "voicemail" }
      assert.equal("CA1", found)
      assert.is_nil(follow_up.number(found))
    end
    assert.equal("+14155550123", follow_up.number("+14155550123"))
  end)

  it("is none of what was answered, turned away, goes on, goes out, or is silent without a number", function()
    for _, reason in ipairs { "answered", "forwarded", "blocked", "rejected", "refused: 13224" } do
      assert.is_nil(key { end_reason = reason })
    end
    assert.is_nil(key { ended_at = "none" })
    assert.is_nil(key { direction = "outbound" })
    for _, from in ipairs(NUMBERLESS) do
      assert.is_nil(key { from = from })
      assert.is_nil(key { from = from, end_reason = "no_message" })
    end
  end)
end)
