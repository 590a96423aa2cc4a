-- gate_spec.lua: the gate loads the rules that an edit would replace only for calls whose stored decision
-- they wouldn't repeat.
dofile("spec/support/native.lua")
local gate = require("calls.replay.gate")
local json = require("json")

local JOE, ANA = "+13035550142", "+13035550177"
local NUMBER = { id = 1, user_id = "42", phone_number = "+15105550100", is_active = 1, timezone = "UTC" }
local AT = 1764000000

local function to(phone)
  return { start = 1, steps = { { kind = "ring", leg = "fwd", seconds = 20, confirm = true,
    next = { otherwise = 2 }, targets = { { phone = phone } } }, { kind = "voicemail" } } }
end

local function row(more)
  return {
    call_sid = "CA1", user_id = "42", from = "+14155550101", to = NUMBER.phone_number, started_at = AT * 1000,
    rule = "one", rule_line = 3, source = more.source or "rules", rule_version = more.version or 1,
    plan = json.encode(to(JOE)), reads = "{}",
    inputs = json.encode { draft = more.draft, settings = { forwarding = {}, number = NUMBER,
      owner = { id = "42" } }, call = { from = "+14155550101", to = NUMBER.phone_number, at = AT,
      caller = { kind = "phone" }, line = { online = true }, lookups = {} } },
  }
end

local function rules(phone)
  return { list = function() return { { name = "one", line = 3 } } end,
    decide = function() return true, 1, to(phone), "{}" end }
end

describe("the gate", function()
  for name, case in pairs {
    ["a call that the live rules decided"] = { row {}, 0 },
    ["one of another version"] = { row { version = 2 }, 1 },
    ["one that a draft decided"] = { row { draft = 7 }, 1 },
    ["one for which the rules failed"] = { row { source = "fallback" }, 1 },
  } do
    it(("loads the live rules only if it needs them: %s"):format(name), function()
      local loaded = 0
      local found = gate.run({ case[1], case[1] }, { edited = rules(ANA), live_version = 1, history = {},
        live = function()
          loaded = loaded + 1
          return rules(JOE)
        end,
        options = { zone = "UTC", at = AT }, name = function(words) return words end })
      assert.are.same({ case[2], 2, 2 }, { loaded, found.calls, found.changed })
    end)
  end
end)
