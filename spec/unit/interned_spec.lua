-- Plans that a rule makes in every call: kept where they are the same, and only there.
dofile("spec/support/native.lua")
local interned = require("calls.plans.interned")
local plan = require("calls.plans.plan")
local rules = require("calls.rules.ruleset")
local targets = require("calls.plans.targets")

local A, B = "+13035550142", "+13035550177"

local FILES = { ["people.txt"] = "[joe]\nphone: +13035550142\n[ana]\nphone: +13035550177\n",
  ["groups.txt"] = "crew: joe, ana\n" }

local function ruleset(body)
  local source = "return { { 'made', go = function(call)\n" .. body .. "\nend } }"
  local set = rules.open(source, "forwarding.lua", { data = function(name) return FILES[name] end })
  return function(call)
    return select(2, set.decide(call))
  end
end

describe("fields that a word makes", function()
  local function counted()
    local calls = 0
    local fields = interned.fields(function(first, options)
      calls = calls + 1
      if first == "wrong" then error("wrong", 0) end
      return { first = first, options = options }
    end)
    return fields, function() return calls end
  end

  it("are the same table for arguments with the same content", function()
    local fields, calls = counted()
    local same = {
      function() return "x" end, function() return nil end,
      function() return true end, function() return 5 end,
      function() return targets.user("42") end, function() return { "x", "y" } end,
      function() return "x", { seconds = 5, confirm = false } end,
      function() return { A, targets.user(7) }, { order = "random" } end,
    }
    collectgarbage("stop")
    for _, arguments in ipairs(same) do
      local first = fields(arguments())
      assert.equal(first, fields(arguments()))
    end
    collectgarbage("restart")
    assert.equal(#same, calls())
  end)

  it("differ where any argument does", function()
    local fields, seen = counted(), {}
    local person = targets.person("joe", "Joe", { { { phone = A } } })
    for i, arguments in ipairs {
      { "x" }, { "y" }, { nil }, { "nil" }, { false }, { true }, { "true" }, { 1 }, { 1.5 }, { "1" },
      { {} }, { { "x" } }, { { "x", "y" } }, { { "y", "x" } }, { { x = "y" } }, { "x", {} },
      { "x", { "y" } }, { "x", { y = true } },
      { "x", { y = "true" } }, { nil, { "x" } }, { targets.user("42") }, { "42" }, { targets.user("43") },
      { person }, { { person } }, { targets.person("joe", "Joe", { { { phone = B } } }) },
      { targets.group { person } }, { "fields" }, { "flat" }, { { targets.user("42") } }, { { "42" } },
    } do
      local found = fields(arguments[1], arguments[2])
      assert.is_nil(seen[found], "argument " .. i .. " like an earlier one")
      assert.equal(arguments[1], found.first)
      seen[found] = i
    end
  end)

  it("are rebuilt from what may change, and after a mistake", function()
    local fields, calls = counted()
    local mutable = setmetatable({}, { __index = function() return "x" end })
    for _ = 1, 2 do
      assert.is_false(pcall(fields, "wrong"))
      fields(mutable)
      fields(0 / 0)
      fields { {} }
      fields(print)
    end
    assert.equal(10, calls())
  end)

  it("are forgotten when memory is collected", function()
    local fields, calls = counted()
    fields("x")
    collectgarbage()
    fields("x")
    assert.equal(2, calls())
  end)
end)

describe("a plan that a rule makes in every call", function()
  it("is flattened once for the same parts, and again for others", function()
    local decide = ruleset([[
      local first = ring(call.crew, { seconds = call.seconds })
      return first:on("busy", say(call.say)):otherwise(voicemail()):text(call.text)]])
    local function call(changes)
      local out = { crew = A, seconds = 20, say = "x", text = "Sorry" }
      for key, value in pairs(changes) do out[key] = value end
      return out
    end
    collectgarbage("stop")
    local first = decide(call {})
    assert.equal(first, decide(call {}))
    local seen = { [first] = true }
    for _, changes in ipairs { { crew = B }, { seconds = 25 }, { say = "busy" }, { text = "busy" } } do
      local other = decide(call(changes))
      assert.is_nil(seen[other])
      seen[other] = true
      assert.equal(other, decide(call(changes)))
      assert.equal(changes.crew or A, other.steps[1].targets[1].phone)
      assert.equal(changes.seconds or 20, other.steps[1].seconds)
      assert.equal(changes.say or "x", other.steps[2].text)
      assert.equal(changes.text or "Sorry", other.missed_text)
    end
    collectgarbage("restart")
  end)

  it("has a step for a part in two places, and two steps for two equal parts", function()
    local decide = ruleset([[
      local mail = voicemail()
      return ring(call.crew):on("busy", mail):otherwise(call.shared and mail or voicemail())]])
    for _ = 1, 3 do
      assert.equal(2, #decide({ crew = A, shared = true }).steps)
      assert.equal(3, #decide({ crew = A }).steps)
    end
    decide = ruleset([[
      local mail = voicemail()
      return menu("x", { ["1"] = mail, ["2"] = hangup() }):otherwise(call.shared and mail or voicemail())]])
    for _ = 1, 3 do
      assert.equal(3, #decide({ shared = true }).steps)
      assert.equal(4, #decide({}).steps)
    end
  end)

  it("is refused in every call that makes it with a mistake", function()
    local decide = ruleset("return ring(call.crew, call.options)")
    for _ = 1, 2 do
      assert.equal(20, decide({ crew = A }).steps[1].seconds)
      assert.equal(25, decide({ crew = A, options = { seconds = 25 } }).steps[1].seconds)
      for _, wrong in ipairs {
        { crew = "+1" }, { crew = A, options = { seconds = 25.5 } }, { crew = A, options = { second = 25 } },
        { crew = A, options = { 25 } }, { crew = A, options = { seconds = 90 } }, { crew = {} }, { crew = 5 },
      } do
        assert.is_false(pcall(decide, wrong))
      end
    end
  end)

  it("may have more parts than a plan can have", function()
    local decide = ruleset([[
      local made = hangup()
      for _ = 1, call.parts - 1 do made = say("x"):otherwise(made) end
      return made]])
    assert.equal(64, #decide({ parts = 64 }).steps)
    for _ = 1, 2 do
      local ok, message = pcall(decide, { parts = 65 })
      assert.is_false(ok)
      assert.truthy(message:find("at most 64 steps", 1, true))
    end
    assert.equal(64, #decide({ parts = 64 }).steps)
  end)

  it("rings people and groups of the files", function()
    local decide = ruleset("return ring(call.all and group 'crew' or person 'joe')")
    for _ = 1, 2 do
      assert.equal(1, #decide({}).steps[1].targets)
      assert.equal(2, #decide({ all = true }).steps[1].targets)
    end
  end)

  it("that is in the file is the same as one without neighbours", function()
    local tree = interned.tree()
    local p = plan.new("hangup", {})
    assert.equal(plan.place(tree, p), plan.place(tree, p))
    assert.not_equal(plan.place(tree, p), plan.place(tree, plan.new("hangup", {})))
  end)
end)
