-- The rule file that is shipped, and the samples in its comments.
dofile("spec/support/native.lua")
local plan_words = require("calls.plans.words")
local rules = require("calls.rules.ruleset")

local function source()
  local file <close> = assert(io.open("lua/forwarding.lua"))
  return file:read("a")
end

local function call(changes)
  local made = { from = "+13035550123", to = "+13035550100", at = 1773070200, owner = { id = "42" },
    lookups = {} }
  for key, value in pairs(changes) do made[key] = value end
  return made
end

describe("forwarding.lua as it is shipped", function()
  it("has no rule, so that the console's settings decide", function()
    local set = rules.open(source(), "forwarding.lua", {})
    assert.same({}, set.list)
    assert.is_nil((set.decide(call {})))
  end)

  it("has samples that work once the marks are taken off", function()
    -- The description at the top and one sentence are prose.
    local text = source():match("\n(%-%- local JOE.*)$"):gsub("\n%s*%-%- Checked at every save[^\n]*", "")
    text = ("\n" .. text):gsub("\n(%s*)%-%- ", "\n%1")
    local set = rules.open(text, "forwarding.lua", {})
    assert.equal(3, #set.list)
    assert.equal(2, #set.examples)
    local function described(changes)
      local index, made = set.decide(call(changes))
      return plan_words.plan(made or set.list[index].plan)
    end
    assert.equal("ring +13035550142 +13035550177", described { from = "+13035550188" })
    assert.equal("ring user:42", described { at = 1773070200 }) -- Monday, 9 March 2026, 09:30 in Denver
    assert.equal("voicemail", described { at = 1773070200 - 6 * 3600 })
  end)
end)
