dofile("spec/support/native.lua")
local config = require("config")
local twilio = require("twilio")

-- What needs keys and a server is in spec/native/bind_net_test.c and
-- rest_test.c; here is whatever the environment has.
local function not_configured(value, message, code)
  assert.is_nil(value)
  assert.is_truthy(message:find("twilio_", 1, true))
  assert.are.equal("not_configured", code)
end

describe("twilio", function()
  if not config.is_set("twilio_account_sid") then
    it("works without an account as far as it can", function()
      not_configured(twilio.access_token({ identity = "user_1" }))
      not_configured(twilio.request("GET", "Calls"))
      not_configured(twilio.list("Calls", nil, "calls"))
    end)
  end

  if not config.is_set("twilio_auth_token") then
    it("never calls a signature valid without a token", function()
      assert.has_error(function() twilio.valid_signature("https://example.com/", {}, "x") end)
    end)
  end

  it("raises for a programmer's mistakes", function()
    assert.has_error(function() twilio.request("PUT", "Calls") end)
    assert.has_error(function() twilio.request("get", "Calls") end)
    assert.has_error(function() twilio.request("GET") end)
    assert.has_error(function() twilio.request("GET", "Calls", { To = {} , From = print }) end)
    assert.has_error(function() twilio.request("GET", "Calls", { "To" }) end)
    assert.has_error(function() twilio.list("Calls") end)
    assert.has_error(function() twilio.list("Calls", nil, "calls", 0) end)
    assert.has_error(function() twilio.access_token({}) end)
  end)

  it("signs in the sandbox only", function()
    assert.are.equal(config.get("sandbox") and config.is_set("twilio_auth_token"),
      (pcall(twilio.sign, "https://example.com/", {})))
  end)
end)
