dofile("spec/support/native.lua")
local crypto = require("crypto")

local hex = crypto.hex

describe("crypto", function()
  it("computes what the RFCs say", function()
    local text = "what do ya want for nothing?"
    assert.are.equal("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", hex(crypto.hmac_sha1("Jefe", text)))
    assert.are.equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      hex(crypto.hmac_sha256("Jefe", text)))
    assert.are.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      hex(crypto.sha256("abc")))
    assert.are.equal(20, #crypto.hmac_sha1("", ""))
  end)

  it("digests several parts as one text", function()
    assert.are.equal(crypto.sha256("abc"), crypto.sha256("a", "", "bc"))
    assert.are.equal(crypto.sha256("a1"), crypto.sha256("a", 1))
    assert.are_not.equal(crypto.sha256(""), crypto.sha256("\0"))
    assert.has_error(function() crypto.sha256() end)
  end)

  it("compares", function()
    assert.is_true(crypto.equal("a\0b", "a\0b"))
    assert.is_false(crypto.equal("a\0b", "a\0c"))
    assert.is_false(crypto.equal("a", "ab"))
    assert.is_true(crypto.equal("", ""))
  end)

  it("has random bytes of any number", function()
    assert.are.equal("", crypto.random(0))
    assert.are.equal(65536, #crypto.random(65536))
    assert.are_not.equal(crypto.random(16), crypto.random(16))
    for _, n in ipairs({ -1, 65537, 1.5, "x" }) do
      assert.has_error(function() crypto.random(n) end)
    end
  end)

  it("writes and reads base64", function()
    for plain, forms in pairs({
      [""] = { "", "" }, f = { "Zg==", "Zg" }, foobar = { "Zm9vYmFy", "Zm9vYmFy" },
      ["\xff\xfe\xfb"] = { "//77", "__77" },
    }) do
      assert.are.equal(forms[1], crypto.base64(plain))
      assert.are.equal(forms[2], crypto.base64url(plain))
      assert.are.equal(plain, crypto.base64_decode(forms[1]))
      assert.are.equal(plain, crypto.base64url_decode(forms[2]))
    end
    assert.are.equal("", hex(""))
    assert.are.equal("00ff", hex("\0\xff"))
  end)

  it("tells what is not base64", function()
    for _, text in ipairs({ "Zg", "Zh==", "Zm9v\n", "====", "_-77" }) do
      local value, message, code = crypto.base64_decode(text)
      assert.is_nil(value)
      assert.are.equal("string", type(message))
      assert.are.equal("malformed", code)
    end
    assert.are.equal("malformed", select(3, crypto.base64url_decode("Zg==")))
  end)

  it("knows a password again", function()
    local stored = crypto.password_hash("correct horse")
    assert.is_truthy(stored:find("^scrypt%$15%$8%$1%$"))
    assert.is_true(crypto.password_verify(stored, "correct horse"))
    assert.is_false(crypto.password_verify(stored, "correct horsf"))
    assert.has_error(function() crypto.password_verify("plain", "plain") end)
    assert.has_error(function() crypto.password_hash(("x"):rep(1025)) end)
  end)
end)
