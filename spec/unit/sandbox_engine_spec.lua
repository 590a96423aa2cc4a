-- The call engine under the simulator: whatever the legs do, no caller is left
-- alone. Nothing here touches HTTP or a database.
dofile("spec/support/native.lua")
local plan = require("calls.plans.plan")
local console_forwarding = require("calls.plans.console_forwarding")
local simulator = require("calls.simulator.simulator")
local steps = require("calls.steps.documents")
local words = require("calls.rules.words")

local w = words.environment()
local BASE = "https://calls.example.com"
local A, B, C = "+13035550142", "+13035550177", "+13035550166"

local NUMBER = { id = 1, user_id = "42", phone_number = "+13035550100", friendly_name = "Junk Removal" }
local CONTEXT = {
  base_url = BASE, v = 1, online = { ["42"] = true },
  call = { from = "+14155550123", to = "+13035550100", sid = "CA1" },
  policy = { countries = { US = true }, own_numbers = { ["+13035550100"] = true } },
}

local function context(recording)
  local number = setmetatable({ recording = recording or "off" }, { __index = NUMBER })
  return setmetatable({ number = number }, { __index = CONTEXT })
end

local function query_of(url)
  local query = {}
  for name, value in url:gmatch("[?&]([%w_]+)=([^&]*)") do query[name] = value end
  return query
end

-- What the routes do with a webhook, without storing anything.
local function engine(decided, recording, accepted)
  return function(url, form)
    local query = query_of(url)
    local n, ctx = math.tointeger(tonumber(query.n)), context(recording)
    ctx.rec = query.rec
    if query.step == nil then
      return (steps.begin(decided, ctx))
    elseif query.step == "after" then
      return steps.after(decided, n, {
        status = form.DialCallStatus, bridged = form.DialBridged, parent_status = form.CallStatus,
        accepted = accepted[form.CallSid],
      }, ctx).twiml
    elseif query.step == "screen" then
      return steps.screen(decided, n, ctx)
    elseif query.step == "screened" then
      local document, pressed = steps.screened(form.Digits)
      accepted[form.ParentCallSid] = pressed or accepted[form.ParentCallSid]
      return document
    elseif query.step == "menu" then
      return (steps.menu(decided, n, { digits = form.Digits, try = query.try }, ctx))
    elseif query.step == "consent" then
      return (steps.consent(decided, n, form.Digits, ctx))
    elseif query.step == "vm_done" then
      return steps.voicemail_done(nil, nil, ctx)
    end
    error("no such step: " .. url)
  end
end

local function play(decided, options)
  options = options or {}
  options.url, options.from, options.to = BASE .. "/api/twilio/twiml", "+14155550123", "+13035550100"
  options.fetch, options.notify = engine(decided, options.recording, {}), function() end
  options.recording = nil
  return simulator.play(options)
end

local function setting(number, seconds)
  return { id = 7, forward_to_number = number, ring_timeout = seconds or 20, is_active = 1 }
end

local PLANS = {
  ["console: nothing"] = console_forwarding.plan(NUMBER, {}, { busy = false }),
  ["console: always"] = console_forwarding.plan(NUMBER, { always = setting(A) }, { busy = false }),
  ["console: busy"] = console_forwarding.plan(NUMBER, { busy = setting(A) }, { busy = false }),
  ["console: both"] = console_forwarding.plan(NUMBER, { busy = setting(A), no_answer = setting(B, 15) }, {}),
  ["closed"] = console_forwarding.closed(),
  ["a hunt"] = plan.flatten(w.ring(A, { seconds = 10 }):otherwise(w.ring(B, { seconds = 10 }))
    :otherwise(w.ring(C, { seconds = 10 }))),
  ["all at once"] = plan.flatten(w.ring({ A, B, w.user("42") }, { seconds = 25 })),
  ["by outcome"] = plan.flatten(w.ring(A, { seconds = 20 }):on("busy", w.say("Busy."))
    :on("declined", w.voicemail("Not now.")):otherwise(w.ring(B, { seconds = 20 }))),
  ["a menu"] = plan.flatten(w.menu("For sales press 1.", {
    ["1"] = w.ring(A, { seconds = 20 }), ["2"] = w.hangup(),
  })),
}

describe("the engine, under a simulated call,", function()
  it("connects to the phone that the plan rings next", function()
    local result = play(PLANS["a hunt"], { legs = { "busy", "declined", { does = "answered", talk = 60 } } })
    assert.equal("connected", result.outcome)
    assert.equal(C, result.legs[3].target)
    assert.equal(3, #result.legs)
  end)

  it("takes a message when nobody answers, second by second", function()
    local second = w.ring(B, { seconds = 20 })
    local decided = plan.flatten(w.ring(w.user("42"), { seconds = 15 }):otherwise(second))
    local result = play(decided, { legs = { "no-answer", "no-answer" }, messages = { 5 } })
    assert.equal([[
0:00  the caller hears it ring: client:user_42
0:15  client:user_42 does not answer
0:15  the caller hears it ring: +13035550177
0:35  +13035550177 does not answer
0:35  the caller hears: Please leave a message after the tone.
0:38  the caller hears a beep
0:39  the caller leaves a message of 5 s
0:44  the caller hears: Thank you. Goodbye.
0:46  the caller is hung up on
0:46  the call is over]], table.concat(simulator.lines(result.timeline), "\n"))
    assert.equal("message", result.outcome)
  end)

  it("lets a mobile's mailbox have the call under no circumstances", function()
    for _, declined in ipairs { "bridged-false", "bridged-absent", "no-answer" } do
      local variant = { declined = declined }
      local result = play(PLANS["console: always"], { legs = { "voicemail" }, variant = variant })
      assert.equal("message", result.outcome)
    end
  end)

  local VARIANTS = {
    {}, { declined = "bridged-absent", hangup = "canceled", bridged = "absent" },
    { declined = "no-answer", simulring = "first-press", dial_buffer = 5 },
    { declined = "busy", closed_browser = "busy" },
  }
  local FINE = { connected = true, message = true, abandoned = true, told = true, rejected = true }
  for name, decided in pairs(PLANS) do
    it("leaves nobody alone: " .. name, function()
      math.randomseed(11)
      for _ = 1, 150 do
        local legs, digits = {}, {}
        for i = 1, 5 do
          legs[i] = { does = simulator.DOES[math.random(#simulator.DOES)], after = math.random(30) }
          digits[i] = ({ "1", "2", "9", false })[math.random(4)]
        end
        local result = play(decided, {
          legs = legs, digits = digits, messages = { math.random(0, 8) },
          variant = VARIANTS[math.random(#VARIANTS)],
          recording = ({ "off", "on", "ask" })[math.random(3)],
          hangup_at = math.random(4) == 1 and math.random(60) or nil,
        })
        assert.truthy(FINE[result.outcome], result.outcome)
        local heard = table.concat(simulator.lines(result.timeline), "\n")
        assert.truthy(result.outcome ~= "told" or heard:find("hears: ", 1, true), heard)
        assert.truthy(result.seconds < 400)
      end
    end)
  end
end)
