-- gate_spec.lua: calls from which the rules read the same are decided once, and the gate says what it says of
-- calls that are decided one by one.
dofile("spec/support/native.lua")
local gate = require("calls.replay.gate")
local json = require("json")

local JOE, ANA = "+13035550142", "+13035550177"
local NUMBER = { id = 1, user_id = "42", phone_number = "+15105550100", is_active = 1, timezone = "UTC" }
local CLOSED = { id = 2, user_id = "42", phone_number = "+15105550101", is_active = 0, timezone = "UTC" }
local AT = 1764000000

local function ring(phone, next_step, away)
  return { kind = "ring", leg = "fwd", seconds = 20, confirm = true, next = { otherwise = next_step },
    targets = { { phone = phone, away = away } } }
end
local VOICEMAIL = { kind = "voicemail" }
local TO_JOE = { start = 1, steps = { ring(JOE, 2), VOICEMAIL } }
local TO_ANA = { start = 1, steps = { ring(ANA, 2), VOICEMAIL } }
local IN_TURN = { start = 1, steps = { ring(JOE, 2), ring(ANA, 3), VOICEMAIL },
  orders = { { by = "random", steps = { 1, 2 }, units = { 1, 1 } } } }
local AWAY = { start = 1, steps = { ring(JOE, 2, { from = AT + 50, to = AT + 100 }), VOICEMAIL } }

-- Rules by what they look at. They read the call through a view that notes it, as that of the rule VM.
local RULES = {
  nothing = function() return TO_ANA end,
  from = function(call) return call.from == "+14155550101" and TO_ANA or TO_JOE end,
  at = function(call) return call.at % 3 == 0 and TO_ANA or TO_JOE end,
  sometimes_at = function(call)
    return call.caller.name == "Ada" and call.at % 2 == 0 and TO_ANA or TO_JOE
  end,
  sometimes_from = function(call)
    return call.lookups.crew == "joe" and call.from == "+14155550102" and TO_ANA or TO_JOE
  end,
  prior = function(call) return call.caller.prior_calls > 2 and TO_ANA or TO_JOE end,
  busy = function(call) return call.line.busy and TO_ANA or TO_JOE end,
  forwarding = function(call) return call.forwarding.always and TO_ANA or TO_JOE end,
  number = function(call) return call.number.id == 1 and TO_ANA or TO_JOE end,
  settings = function() return nil end,
  in_turn = function() return IN_TURN end,
  away = function() return AWAY end,
  fails = function(call)
    return call.from == "+14155550103" and error("forwarding.lua:3: no such thing", 0) or TO_JOE
  end,
}

local function view(record, prefix, noted)
  return setmetatable({}, { __index = function(_, key)
    local value = record[key]
    if type(value) == "function" then value = value() end
    if type(value) == "table" and #value == 0 then
      noted[prefix .. key] = {}
      return view(value, prefix .. key .. ".", noted)
    end
    noted[prefix .. key] = value == nil and json.null or value
    return value
  end })
end

local function rules(go)
  local asked = { count = 0 }
  function asked.decide(input)
    local noted = {}
    asked.count = asked.count + 1
    local ok, plan = pcall(go, view(input, "", noted))
    if not ok then
      return nil, plan, "error", json.encode(noted)
    end
    return true, plan and 1 or nil, plan, json.encode(noted)
  end
  function asked.list() return { { name = "one", line = 3 } } end
  return asked
end

-- 120 calls of 4 callers, of several kinds; `marked` ones begin otherwise and are read one by one.
local function inputs_of(i, from, number)
  local name = i % 5 == 0 and '"Ada"' or "null"
  local call = { ',"caller":{"kind":"phone","name":', name, ',"tags":[],"blocked":',
    tostring(i % 37 == 0), '},"line":{"online":true},"override":null',
    i % 29 == 0 and (',"away":{"%s":%d}'):format(JOE, AT + 100) or "",
    ',"lookups":', i % 2 == 0 and '{"crew":"joe"}' or "{}", "}" }
  local forwarding = { no_answer = { id = 2, forward_to_number = JOE } }
  if i % 3 > 0 then
    forwarding = { always = { id = 1, forward_to_number = ANA, ring_timeout = 20, is_active = 1,
      ends_at = i % 3 == 2 and (AT + 100) * 1000 or nil } }
  end
  local settings = ('{"forwarding":%s,"number":%s,"owner":{"id":"42"}}'):format(json.encode(forwarding),
    json.encode(number))
  return ('"call":{"from":"%s","to":"%s","at":%d%s,"settings":%s}'):format(from, number.phone_number, AT + i,
    table.concat(call), settings)
end

local function calls(marked)
  local rows = {}
  for i = 1, 120 do
    local number, from = i % 41 == 0 and CLOSED or NUMBER, "+1415555010" .. i % 4
    rows[i] = {
      call_sid = ("CA%d"):format(i), user_id = "42", from = from, to = number.phone_number,
      started_at = (AT + i) * 1000, rule = "one", rule_line = 3,
      source = i % 17 == 0 and "fallback" or "rules",
      rule_version = i % 3, plan = json.encode(i % 7 == 0 and TO_ANA or TO_JOE),
      reads = i % 2 == 0 and '{"line.busy":true}' or "{}",
      inputs = (marked and '{"x":1,' or "{") .. inputs_of(i, from, number),
    }
  end
  return rows
end

local function judged(rows, edited, live)
  local history = {
    prior = function(_, _, at) return at // 1000 % 5 end,
    busy = function(_, _, at) return at // 1000 % 4 == 0 end,
  }
  local found, fault = gate.run(rows, {
    edited = edited, live = live and function() return live end, live_version = 1, history = history,
    options = { zone = "UTC", at = AT }, name = function(words) return words end, split = true,
  })
  return { found = found, fault = fault or "none" }
end

describe("the gate", function()
  local function says_the_same(name, other)
    it(("says the same of calls decided together: %s in place of %s"):format(name, other), function()
      local one = judged(calls(true), rules(RULES[name]), rules(RULES[other]))
      assert.are.same(one, judged(calls(false), rules(RULES[name]), rules(RULES[other])))
      assert.is_true(one.found.calls > 0)
    end)
  end
  for name in pairs(RULES) do
    for _, other in ipairs { "nothing", "sometimes_at" } do
      says_the_same(name, other)
      if name ~= other then says_the_same(other, name) end
    end
  end

  it("asks the rules once about calls from which they read the same", function()
    for name, most in pairs { nothing = 24, number = 24, from = 50, sometimes_from = 50 } do
      local edited = rules(RULES[name])
      judged(calls(false), edited)
      assert.is_true(edited.count <= most, ("%s: %d"):format(name, edited.count))
    end
    local edited = rules(RULES.at)
    judged(calls(false), edited)
    assert.is_true(edited.count > 100)
  end)

  it("loads the live rules only if a call needs them", function()
    local rows, asked = {}, 0
    for _, row in ipairs(calls(false)) do
      if row.rule_version == 1 and row.source == "rules" then rows[#rows + 1] = row end
    end
    local function live() asked = asked + 1 end
    local about = { edited = rules(RULES.nothing), live = live, live_version = 1, history = {},
      options = { zone = "UTC", at = AT }, name = function(words) return words end }
    gate.run(rows, about)
    assert.are.equal(0, asked)
    gate.run(calls(false), about)
    assert.are.equal(1, asked)
  end)
end)
