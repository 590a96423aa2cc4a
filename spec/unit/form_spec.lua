local native = dofile("spec/support/native.lua")

describe("the parameters of a request", function()
  it("are read by name", function()
    local params = native.form("From=%2B13035550123&Name=Zo%C3%AB+K&Empty=")
    assert.are.equal("+13035550123", params.From)
    assert.are.equal("Zoë K", params.Name)
    assert.are.equal("", params.Empty)
    assert.is_nil(params.To)
    assert.is_nil(params[1])
  end)

  it("give the first of several values, and all on demand", function()
    local params = native.form("a=1&b=x&a=2&a=3")
    assert.are.equal("1", params.a)
    assert.are.same({ "1", "2", "3" }, params:all("a"))
    assert.are.same({ "x" }, params:all("b"))
    assert.are.same({}, params:all("c"))
  end)

  it("reach a parameter that is called like the method", function()
    assert.are.same({ "yes" }, native.form("all=yes"):all("all"))
  end)

  it("come in the order they were sent", function()
    local seen = {}
    for name, value in pairs(native.form("b=1&a=2&b=3")) do
      seen[#seen + 1] = name .. "=" .. value
    end
    assert.are.same({ "b=1", "a=2", "b=3" }, seen)
    for _ in pairs(native.form("")) do
      error("there is nothing")
    end
  end)

  it("cannot be changed", function()
    local params = native.form("a=1")
    local ok, message = pcall(function() params.a = "2" end)
    assert.is_false(ok)
    assert.is_truthy(message:find("parameters cannot be changed", 1, true))
  end)

  it("end with the request", function()
    local params, finish = native.form("a=1&b=2")
    local step, state, start = pairs(params)
    assert.are.equal("a", (step(state, start)))
    finish()
    for _, read in ipairs({
      function() return params.a end,
      function() return params:all("a") end,
      function() return pairs(params) end,
      function() return step(state, "a") end,
    }) do
      local ok, message = pcall(read)
      assert.is_false(ok)
      assert.is_truthy(message:find("only during the request", 1, true), message)
    end
  end)

  it("raise for anything that is not one", function()
    local params = native.form("a=1")
    local all = params.all
    assert.is_false(pcall(all, {}, "a"))
    assert.is_false(pcall(all, params))
    assert.is_false(pcall(all, io.stdout, "a"))
    assert.are.equal("request parameters", getmetatable(params))
  end)
end)
