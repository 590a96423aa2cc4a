-- ring(…, { order = … }) and caller_id: one phone after the other, in an order that a replay finds again.
dofile("spec/support/native.lua")
local decide = require("calls.rules.decide")
local plan = require("calls.plans.plan")
local ring_order = require("calls.rules.ring_order")
local stored_plan = require("calls.plans.stored_plan")
local words = require("calls.rules.words").environment { country = "US" }

local JOE, ANA, SUE = "+13035550142", "+13035550177", "+13035550166"
local LIST = { JOE, ANA, words.user "7" }

local function flat(order, more)
  local options = { order = order, seconds = 5 }
  for key, value in pairs(more or {}) do options[key] = value end
  local ring = words.ring(LIST, options):on("busy", words.reject())
  return plan.flatten(ring:otherwise(words.voicemail("Later.")))
end

local function input(changes)
  local call = { from = "+14155550100", to = "+15005550006", at = 1795737900 }
  for key, value in pairs(changes or {}) do call[key] = value end
  return call
end

--- Whom a caller hears ring when nobody answers.
local function way(made)
  local names, n = {}, made.start
  while made.steps[n].kind == "ring" do
    names[#names + 1] = stored_plan.targets(made.steps[n])[1]
    n = stored_plan.next(made.steps[n], "no_answer")
  end
  return table.concat(names, " "), made.steps[n].kind
end

describe("a ring with an order", function()
  it("is one phone after the other, and then what follows it", function()
    local made = flat("round_robin")
    assert.is_true(stored_plan.check(made))
    assert.same({ ("%s %s user:7"):format(JOE, ANA), "voicemail" }, { way(made) })
    assert.equal("fwd", made.steps[1].leg)
    local last = made.steps[made.orders[1].steps[3]]
    assert.equal("line", last.leg)
    assert.equal("reject", made.steps[last.next.busy].kind)
    assert.is_nil(made.steps[1].next.busy)
    assert.equal(25 + 10, stored_plan.ring_seconds(made))
  end)

  it("takes turns", function()
    local orders = {}
    for turn = 0, 3 do
      orders[#orders + 1] = way(ring_order.arranged(flat("round_robin"), input { order = { turn = turn } }))
    end
    assert.same({ JOE .. " " .. ANA .. " user:7", ANA .. " user:7 " .. JOE, "user:7 " .. JOE .. " " .. ANA,
      JOE .. " " .. ANA .. " user:7" }, orders)
  end)

  it("rings whoever hasn't talked for longest first", function()
    local call = input { order = { idle = function(targets)
      assert.same({ JOE, ANA, "user:7" }, targets)
      return { [JOE] = 100, ["user:7"] = 50, other = 1 }
    end } }
    local made = ring_order.arranged(flat("longest_idle"), call)
    assert.equal(ANA .. " user:7 " .. JOE, (way(made)))
    assert.equal("line", made.steps[made.steps[made.start].next.otherwise].leg)
    assert.same({ [JOE] = 100, ["user:7"] = 50 }, call.order.idle)
  end)

  it("draws lots by the call, fairly", function()
    local first = {}
    for i = 1, 3000 do
      local call = input { from = ("+1415555%04d"):format(i) }
      local order = way(ring_order.arranged(flat("random"), call))
      assert.equal(order, (way(ring_order.arranged(flat("random"), call))))
      first[order] = (first[order] or 0) + 1
    end
    local orders = 0
    for _, count in pairs(first) do
      orders = orders + 1
      assert.is_true(count > 400 and count < 600, "one order came " .. count .. " times")
    end
    assert.equal(6, orders)
  end)

  it("finds the same order from what is stored, and leaves the rules' own plan alone", function()
    for _, by in ipairs { "random", "round_robin", "longest_idle" } do
      local made = flat(by)
      local before = way(made)
      local function idle() return { [JOE] = 9 } end
      local call = input { order = { turn = function() return 4 end, idle = idle } }
      local ruling = { ok = true, index = 1, plan = made, list = { { name = "x", line = 1 } } }
      local decision = decide.ruled(call, ruling)
      assert.is_nil(decision.plan.orders)
      assert.equal(before, (way(made)))
      local again = decide.ruled(input { order = call.order }, ruling)
      assert.is_true(stored_plan.equal(decision.plan, again.plan))
      for _, value in pairs(call.order) do assert.not_equal("function", type(value)) end
    end
  end)

  it("is as written where nothing is known", function()
    for _, by in ipairs { "round_robin", "longest_idle" } do
      assert.equal(JOE .. " " .. ANA .. " user:7", (way(ring_order.arranged(flat(by), input()))))
    end
  end)

  for expected, f in pairs {
    ['ring: unknown order "randm" (did you mean "random"?): use "random", "round_robin" or "longest_idle"'] =
      function() words.ring(LIST, { order = "randm" }) end,
    ['ring: order = "random" needs a list of two or more: ring({ JOE, ANA }, …)'] =
      function() words.ring(JOE, { order = "random" }) end,
    ['ring: caller_id is a number of yours, or "called": 7 isn\'t one'] =
      function() words.ring(JOE, { caller_id = 7 }) end,
    ["a caller could hear 90 seconds of ringing, 60 is the limit"] = function()
      plan.flatten(words.ring({ JOE, ANA, SUE }, { order = "random", confirm = false, seconds = 30 }))
    end,
  } do
    it("is refused: " .. expected, function()
      local _, message = pcall(f)
      assert.is_truthy(tostring(message):find(expected, 1, true), message)
    end)
  end
end)

describe("a caller id", function()
  local function shown(caller_id, policy)
    local steps = require("calls.steps.documents")
    local made = plan.flatten(words.ring(JOE, { caller_id = caller_id }))
    local document = steps.begin(made, { base_url = "https://x.example", online = {}, policy = policy,
      number = { phone_number = "+13035550100", recording = "off" },
      call = { from = "+14155550123", to = "+13035550100" } })
    return document:match('callerId="([^"]*)"')
  end

  it("is the caller's, the called number's, or another one of ours", function()
    local policy = { own_numbers = { ["+13035550100"] = true, ["+13035550101"] = true } }
    assert.equal("+14155550123", shown(nil, policy))
    assert.equal("+13035550100", shown("called", policy))
    assert.equal("+13035550101", shown("(303) 555-0101", policy))
    assert.equal("+14155550123", shown("+13035550199", policy)) -- not ours any more
  end)
end)
