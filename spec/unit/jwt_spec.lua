dofile("spec/support/native.lua")
local config = require("config")
local crypto = require("crypto")
local json = require("json")
local jwt = require("jwt")

-- What needs keys of our own choosing is in spec/native/bind_net_test.c; here
-- is whatever the environment has.
local has_key = config.is_set("jwt_secret")

describe("jwt", function()
  it("names keys and never takes one", function()
    assert.has_error(function() jwt.sign({}, { key = "secret" }) end)
    assert.has_error(function() jwt.sign({}, {}) end)
    assert.has_error(function() jwt.sign({}) end)
    assert.has_error(function() jwt.verify("a.b.c", { key = "" }) end)
    assert.has_error(function() jwt.verify(nil, { key = "session" }) end)
  end)

  if not has_key then
    it("says what is missing", function()
      local ok, message = pcall(jwt.sign, {}, { key = "session" })
      assert.is_false(ok)
      assert.is_truthy(message:find("jwt_secret", 1, true))
    end)
    return
  end

  it("accepts what it signed, and nothing that was changed", function()
    local token = jwt.sign({ sub = "42" }, { key = "session", expires = 60 })
    assert.are.equal("42", jwt.verify(token, { key = "session" }).sub)
    local head, body, signature = token:match("^(.-)%.(.-)%.(.+)$")
    local claims = json.decode(crypto.base64url_decode(body))
    claims.sub = "43"
    local forged = ("%s.%s.%s"):format(head, crypto.base64url(json.encode(claims)), signature)
    assert.are.equal("bad_signature", select(3, jwt.verify(forged, { key = "session" })))
    local none = crypto.base64url('{"alg":"none"}') .. "." .. body .. "."
    assert.are.equal("wrong_alg", select(3, jwt.verify(none, { key = "session" })))
  end)
end)
