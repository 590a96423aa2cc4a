dofile("spec/support/native.lua")
local caller = require("calls.parties.caller")
local ENGLISH = require("phrases").en
local identity = require("calls.parties.identity")

describe("caller", function()
  for from, kind in pairs({
    ["+13035550123"] = "phone", ["+4930901820"] = "phone",
    ["+266696687"] = "anonymous", ["+7378742833"] = "anonymous", ["+2562533"] = "anonymous",
    ["+8656696"] = "anonymous", ["266696687"] = "anonymous", ["+86282452253"] = "anonymous",
    ["+17378742833"] = "anonymous", ["+12562533"] = "anonymous", ["+1266696687"] = "anonymous",
    ["+186282452253"] = "anonymous", ["17378742833"] = "anonymous", ["1"] = "other",
    anonymous = "anonymous", Anonymous = "anonymous", Restricted = "anonymous", unavailable = "anonymous",
    unknown = "anonymous", [""] = "anonymous", ["  "] = "anonymous",
    ["sip:joe@example.com"] = "sip", ["sips:joe@example.com"] = "sip",
    ["client:user_42"] = "client", ["client:"] = "client",
    ["12345"] = "other", ["+1"] = "other", ["<script>"] = "other", ["+12345678901234567"] = "other",
  }) do
    it(("knows %q as %s"):format(from, kind), function() assert.equal(kind, caller.classify(from).kind) end)
  end

  it("takes a missing From as anonymous", function()
    assert.same({ kind = "anonymous", anonymous = true }, caller.classify(nil))
    assert.is_true(caller.classify("sip:anonymous@anonymous.invalid").anonymous)
  end)

  it("finds number, user and address", function()
    assert.equal("+13035550123", caller.classify("+13035550123").number)
    assert.equal("42", caller.classify("client:user_42").user)
    assert.is_nil(caller.classify("client:root").user)
    assert.equal("sip:joe@example.com", caller.classify("sip:joe@example.com").address)
  end)

  it("passes a number on as caller id, and ours for everything else", function()
    local own = "+13035550100"
    for from, shown in pairs({
      ["+13035550123"] = "+13035550123", ["+442071234567"] = "+442071234567", ["+266696687"] = own,
      anonymous = own, ["client:user_42"] = own, ["sip:joe@example.com"] = own, ["+1303555"] = own,
      ["+13035550123x"] = own, [""] = own, ["911"] = own,
    }) do
      assert.equal(shown, caller.id(from, own), from)
    end
  end)

  it("is announced by name, by digits, or as hidden", function()
    assert.equal("Grace", caller.spoken("+13035550123", "Grace", ENGLISH))
    assert.equal("3 0 3, 5 5 5, 0 1 2 3", caller.spoken("+13035550123", nil, ENGLISH))
    assert.equal("4 9 3 0 9 0 1 8 2 0", caller.spoken("+4930901820", "", ENGLISH))
    assert.equal("a hidden number", caller.spoken("+266696687", nil, ENGLISH))
    assert.equal("an unknown caller", caller.spoken("sip:x@example.com", nil, ENGLISH))
    assert.equal("a colleague", caller.spoken("client:user_2", nil, ENGLISH))
  end)

  it("is shown by name, number or address", function()
    assert.equal("Grace", caller.shown("+13035550123", "Grace"))
    assert.equal("+13035550123", caller.shown("+13035550123"))
    assert.equal("Anonymous", caller.shown(nil))
    assert.equal("user_2", caller.shown("client:user_2"))
    assert.equal("Unknown", caller.shown("12"))
  end)
end)

describe("identity", function()
  for id, name in pairs({
    ["42"] = "user_42", x_41 = "user_x_41", ["a-b"] = "userx_612d62", ["a@b"] = "userx_614062",
    ["ä"] = "userx_c3a4", [""] = "userx_",
  }) do
    it(("of %q is %s"):format(id, name), function()
      assert.equal(name, identity.of(id))
      if id ~= "" then assert.equal(id, identity.user(name)) end
    end)
  end

  it("is nobody's in any other spelling", function()
    for _, name in ipairs({ "", "42", "user_", "user_a-b", "userx_6", "userx_6142", "userx_C3A4", "User_42",
      "client:user_42", "user_42\n" }) do
      assert.is_nil(identity.user(name), name)
    end
    assert.is_nil(identity.user(nil))
    assert.equal("user_7", identity.of(7))
  end)
end)
