dofile("spec/support/native.lua")
local recent = require("recent")

describe("recent", function()
  it("gives back what was put", function()
    assert.is_true(recent.put("CA1", "plan \0 one"))
    assert.are.equal("plan \0 one", recent.get("CA1"))
    assert.is_nil(recent.get("CA2"))
  end)

  it("keeps the newest text of a key", function()
    recent.put("CA1", "one")
    recent.put("CA1", "two")
    assert.are.equal("two", recent.get("CA1"))
    recent.put("CA1", "")
    assert.are.equal("", recent.get("CA1"))
  end)

  it("forgets the oldest first", function()
    for i = 1, 20000 do
      recent.put("call-" .. i, "x")
    end
    assert.is_nil(recent.get("call-1"))
    assert.are.equal("x", recent.get("call-20000"))
    local kept = 0
    for i = 1, 20000 do
      kept = kept + (recent.get("call-" .. i) and 1 or 0)
    end
    assert.is_true(kept <= 8192 and kept > 6000, kept)
  end)

  it("keeps what is to be kept, and its newest text", function()
    assert.is_true(recent.keep("kept", "one"))
    assert.is_true(recent.keep("kept", "two"))
    for i = 1, 20000 do
      recent.put("later-" .. i, "x")
    end
    assert.are.equal("two", recent.get("kept"))
  end)

  it("is bounded in bytes, too", function()
    local text = ("x"):rep(32 * 1024)
    for i = 1, 2000 do
      assert.is_true(recent.put("large-" .. i, text))
    end
    local kept = 0
    for i = 1, 2000 do
      kept = kept + (recent.get("large-" .. i) and 1 or 0)
    end
    assert.is_true(kept <= 512, kept)
    assert.are.equal(text, recent.get("large-2000"))
  end)

  it("refuses a text that is too large, and forgets what it was to replace", function()
    recent.put("CA3", "old")
    local ok, message, code = recent.put("CA3", ("x"):rep(32 * 1024 + 1))
    assert.is_nil(ok)
    assert.are.equal("string", type(message))
    assert.are.equal("too_large", code)
    assert.is_nil(recent.get("CA3"))
  end)

  it("raises for a key that is none", function()
    assert.is_false(pcall(recent.put, ("k"):rep(129), "x"))
    assert.is_false(pcall(recent.put, {}, "x"))
    assert.is_false(pcall(recent.get))
    assert.is_nil(recent.get(("k"):rep(1000)))
  end)
end)
