dofile("spec/support/native.lua")
local plan = require("calls.plans.plan")
local stored_plan = require("calls.plans.stored_plan")
local text_back = require("calls.steps.text_back")
local words = require("calls.rules.words")

local w = words.environment()
local JOE = "+13035550142"

local function message_of(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok)
  return (message:gsub("^%S-:%d+: ", ""))
end

describe("plan:text", function()
  it("is data of the plan, whatever part of it says so", function()
    local expected = plan.flatten(w.ring(JOE):text("Sorry"))
    assert.equal("Sorry", expected.missed_text)
    assert.same(expected, plan.flatten(w.ring(JOE):otherwise(w.voicemail():text("Sorry"))))
    assert.same(expected, plan.flatten(w.ring(JOE):text("Sorry"):otherwise(w.voicemail():text("Sorry"))))
    assert.is_nil(plan.flatten(w.ring(JOE)).missed_text)
    assert.is_true(stored_plan.check(expected))
  end)

  it("stays when the plan goes on", function()
    local made = w.ring(JOE):text("Sorry"):on("busy", w.say("Busy"))
    assert.equal("Sorry", plan.flatten(made:otherwise(w.ring(JOE)):otherwise(w.hangup())).missed_text)
  end)

  it("is in the words of the way a call takes", function()
    local plan_words = require("calls.plans.words")
    local made = plan.flatten(w.ring(JOE):text("Sorry"))
    assert.equal("ring +13035550142 20 s > voicemail + text", plan_words.way(made))
    assert.equal("ring +13035550142", plan_words.plan(made))
  end)

  it("says what is wrong with it", function()
    local p = w.voicemail()
    assert.equal(':text(…) needs a message, such as :text("Sorry we missed you"), not 5',
      message_of(p.text, p, 5))
    assert.matches("needs a message", message_of(p.text, p, "  "))
    assert.matches("needs a message", message_of(p.text, p, "\xff"))
    assert.matches("at most 480 characters", message_of(p.text, p, ("x"):rep(481)))
    assert.is_truthy(p:text(("ä"):rep(480)))
    assert.matches("twice", message_of(function() return p:text("a"):text("b") end))
    assert.matches("with a colon", message_of(p.text, "Sorry"))
    assert.equal("two parts of a plan have a :text(…), and a caller gets one message",
      message_of(plan.flatten, w.ring(JOE):text("a"):otherwise(w.voicemail():text("b"))))
  end)

  it("of another program must be a string", function()
    local ok, message = stored_plan.check { start = 1, steps = { { kind = "voicemail" } }, missed_text = {} }
    assert.is_nil(ok)
    assert.equal("the plan has a text that isn't a string", message)
  end)
end)

describe("text_back.refusal", function()
  local function refusal(fields, past)
    local about = {
      from = "+14155550123", number = { capabilities = { sms = true } }, blocked = false, age_ms = 1000,
      policy = { countries = { US = true } }, daily_cap = 100,
      past = { talked = false, texted = false, refused = false, today = 0 },
    }
    for key, value in pairs(fields) do about[key] = value ~= "none" and value or nil end
    for key, value in pairs(past or {}) do about.past[key] = value end
    return text_back.refusal(about)
  end

  it("lets an ordinary text go", function()
    assert.is_nil(refusal {})
    assert.is_nil(refusal { number = { capabilities = { voice = true } } })
  end)

  for reason, case in pairs {
    no_number = { { from = "anonymous" } },
    no_sms = { { number = { capabilities = { sms = false } } } },
    switched_off = { { daily_cap = 0 } },
    too_late = { { age_ms = 31 * 60 * 1000 } },
    talked = { {}, { talked = true } },
    phone_refuses = { {}, { refused = true } },
    texted_before = { {}, { texted = true } },
    daily_cap = { {}, { today = 100 } },
    blocked = { { blocked = true } },
    toll_free = { { from = "+18005550123" } },
    country = { { from = "+442079460123" } },
    premium = { { from = "+19005550123" } },
  } do
    it("says " .. reason, function()
      assert.equal(reason, refusal(case[1], case[2]))
    end)
  end

  it("knows numbers that are gone or switched off", function()
    assert.equal("no_sms", refusal { number = "none" })
    assert.equal("no_sms", refusal { number = { is_active = false, capabilities = {} } })
    assert.equal("no_number", refusal { from = "" })
    assert.equal("no_number", refusal { from = "+266696687" })
  end)

  it("knows toll-free numbers of every code and country", function()
    for _, from in ipairs { "+18335550123", "+18885550123", "+448001234567" } do
      assert.equal("toll_free", refusal { from = from })
    end
  end)
end)
