dofile("spec/support/native.lua")
local json = require("json")
local Replay = require("calls.replay.replay")

local JOE, ANA = "+13035550142", "+13035550177"
local NUMBER = { id = 1, user_id = "42", phone_number = "+15105550100", is_active = 1,
  timezone = "America/Denver" }
local AT = 1764000000 -- Mon 2025-11-24 09:00 in Denver

local function ring(target, seconds, next_step)
  return { kind = "ring", leg = "fwd", seconds = seconds or 20, confirm = true, targets = { {
    phone = target } },
    next = { otherwise = next_step or 2 } }
end
local VOICEMAIL = { start = 1, steps = { { kind = "voicemail" } } }
local RING_JOE = { start = 1, steps = { ring(JOE), { kind = "voicemail" } } }
local RING_ANA = { start = 1, steps = { ring(ANA), { kind = "voicemail" } } }

--- A stored call; `more` overrides parts of its inputs and of its row.
local function row(more)
  more = more or {}
  local call = { from = "+14155550123", to = NUMBER.phone_number, at = AT, line = { online = true },
    lookups = {},
    caller = { kind = "phone", anonymous = false, name = json.null, tags = json.array {}, blocked = false },
    override = json.null }
  for key, value in pairs(more.call or {}) do call[key] = value end
  local settings = { forwarding = {}, number = more.number or NUMBER, owner = { id = "42" } }
  local inputs = more.inputs
    or '{"call":' .. json.encode(call) .. ',"settings":' .. json.encode(settings) .. "}"
  return {
    id = 1, call_sid = more.sid or "CA1", user_id = "42", from = call.from, to = call.to,
      started_at = AT * 1000,
    source = more.source or "rules", rule = more.rule or "joe", rule_line = 3,
    plan = json.encode(more.plan or RING_JOE), inputs = inputs, reads = more.reads or "{}",
  }
end

local function history(more)
  more = more or {}
  return {
    prior = more.prior or function() error("nobody asked") end,
    busy = more.busy or function() error("nobody asked") end,
    happened = function() return more.happened or {} end,
    odds = more.odds or function() return 0, 0 end,
  }
end

--- A replay whose rules are one function of the call that gives a plan, or nil for the settings.
local function deciding(go, known)
  return Replay.new {
    zone = "UTC", history = history(known), list = { { name = "new", line = 9 } },
    decide = function(input)
      local plan = go(input)
      return true, plan and 1 or nil, plan, "{}"
    end,
  }
end

describe("replay", function()
  it("counts a call that goes the same way as the same", function()
    assert.are.equal("same", deciding(function() return RING_JOE end):call(row()))
  end)

  it("does not ask for a rule to be the same, nor for how steps are numbered", function()
    local other = { start = 2, steps = { { kind = "voicemail" }, ring(JOE, 20, 1), { kind = "hangup" } } }
    other.steps[2].rule = 7
    assert.are.equal("same", deciding(function() return other end):call(row()))
  end)

  it("says where a call would have gone, by which rule, and what would have happened", function()
    local result, change = deciding(function() return VOICEMAIL end):call(row())
    assert.are.equal("changed", result)
    assert.are.same({
      call_sid = "CA1", at = AT * 1000, from = "+14155550123", to = NUMBER.phone_number,
        outcome = "voicemail",
      before = { words = "ring +13035550142 20 s > voicemail", source = "rules", rule = "joe", line = 3 },
      after = { words = "voicemail", source = "rules", rule = "new", line = 9 },
    }, change)
  end)

  it("gives rules what was stored, lookups and settings of then included", function()
    local seen
    deciding(function(input)
      seen = input
      return RING_JOE
    end):call(row { call = { lookups = { crew = "joe" } } })
    assert.are.equal("joe", seen.lookups.crew)
    assert.are.equal("America/Denver", seen.number.timezone)
    assert.are.equal("42", seen.owner.id)
    assert.are.equal(AT, seen.at)
    assert.is_true(seen.line.online)
  end)

  it("reads inputs that begin as the host stores them as it reads all others", function()
    local function stored(from, written_from, more)
      local settings = { forwarding = {}, number = NUMBER, owner = { id = "42" } }
      local inputs = table.concat { '{"call":{"from":', json.encode(written_from),
        ',"to":"', NUMBER.phone_number,
        '","at":', AT, ',"caller":{"kind":"phone","name":"Ada","tags":["vip"]},"line":{"online":true},',
        '"lookups":{"crew":"joe"}', more or "", '},"settings":', json.encode(settings), "}" }
      local read = '{"line.busy":false,"caller.prior_calls":2}'
      return row { call = { from = from }, inputs = inputs, reads = read }
    end
    local seen
    local replay = deciding(function(input)
      seen = input
      input.caller.tags, input.line.busy, input.seen = nil, true, true -- nobody else's
      return RING_JOE
    end)
    for _, from in ipairs { "+14155550123", "+14155550142", 'sip:"x"@example.com', "sip:\u{e9}@example.com",
      "a%b" } do
      local one = stored(from, from)
      replay:call(one)
      local whole = json.decode(one.inputs).call
      assert.are.same({ from, whole.at, whole.to, "Ada", "joe", true, 2 }, { seen.from, seen.at, seen.to,
        seen.caller.name, seen.lookups.crew, seen.line.online, seen.caller.prior_calls })
    end
    local before
    local fresh = deciding(function(input)
      before = { input.caller.tags[1], input.line.busy, input.seen }
      input.caller.tags, input.line.busy, input.seen = nil, true, true
      return RING_JOE
    end)
    for _ = 1, 2 do
      fresh:call(stored("+14155550123", "+14155550123"))
      assert.are.same({ "vip", false }, before)
    end
    replay:call(stored("+14155550123", "+14155550142")) -- the log has another number than the decision
    assert.are.equal("+14155550142", seen.from)
    for turn = 1, 2 do
      replay:call(stored("+14155550123", "+14155550123", ',"order":{"turn":' .. turn .. "}"))
      assert.are.same({ turn = turn }, seen.order)
    end
  end)

  it("takes what was read of the line and the caller from the trace, and asks the log for the rest",
    function()
    local asked = {}
    local log = {
      busy = function(user, sid, at) asked.busy = { user, sid, at } return true end,
      prior = function(user, from, at) asked.prior = { user, from, at } return 4 end,
    }
    local seen = {}
    local function look(input)
      local busy, prior = input.line.busy, input.caller.prior_calls
      seen.busy = type(busy) == "function" and busy() or busy
      seen.prior = type(prior) == "function" and prior() or prior
      return RING_JOE
    end
    deciding(look, log):call(row { reads = '{"line.busy":false,"caller.prior_calls":2}' })
    assert.are.same({ busy = false, prior = 2 }, seen)
    assert.are.same({}, asked)
    deciding(look, log):call(row())
    assert.are.same({ busy = true, prior = 4 }, seen)
    assert.are.same({ "42", "CA1", AT * 1000 }, asked.busy)
    assert.are.same({ "42", "+14155550123", AT * 1000 }, asked.prior)
  end)

  it("decides blocked callers, overrides and numbers that were off as they were decided", function()
    local function never() error("rules were asked") end
    local rejected = { start = 1, steps = { { kind = "reject", reason = "rejected" } } }
    assert.are.equal("same", deciding(never):call(row { source = "blocked", plan = rejected,
      call = { caller = { kind = "phone", blocked = true } } }))
    local override = { forward_to_number = JOE, ring_timeout = 20 }
    assert.are.equal("same", deciding(never):call(row { source = "override", call = {
      override = override } }))
    local off = { id = 1, user_id = "42", phone_number = NUMBER.phone_number, is_active = 0 }
    local closed = require("calls.plans.console_forwarding").closed()
    assert.are.equal("same", deciding(never):call(row { source = "inactive", plan = closed, number = off }))
  end)

  it("says that rules fail, and decides as the settings would", function()
    local again = Replay.new {
      zone = "UTC", history = history(), list = {},
      decide = function() return nil, "forwarding.lua:3: boom", "error", "{}" end,
    }
    local result, change = again:call(row())
    assert.are.equal("changed", result)
    assert.are.equal("fallback", change.after.source)
    assert.are.equal("forwarding.lua:3: boom", change.after.error)
    assert.are.equal(1, again.failed)
    assert.are.equal("forwarding.lua:3: boom", again.first_error)
  end)

  it("asks again when time ran out, and counts calls in a row for which it did so twice", function()
    local answers = { "late", "ok", "late", "late", "late", "late", "ok" }
    local again = Replay.new {
      zone = "UTC", history = history(), list = { { name = "joe", line = 3 } },
      decide = function()
        if table.remove(answers, 1) == "late" then
          return nil, "time budget of 250 ms exceeded", "time", "{}"
        end
        return true, 1, RING_JOE, "{}"
      end,
    }
    assert.are.equal("same", again:call(row()))
    assert.are.same({ 0, 0 }, { again.slow, again.failed })
    again:call(row())
    again:call(row())
    assert.are.same({ 2, 2 }, { again.slow, again.failed })
    again:call(row())
    assert.are.equal(0, again.slow)
  end)

  it("reads inputs that were stored in another order, or with a lookup named like the settings", function()
    local text = row().inputs
    local decoded = json.decode(text)
    assert.are.equal("same", deciding(function() return RING_JOE end):call(row {
      inputs = json.encode(decoded) }))
    local odd = row { call = { lookups = { x = { a = 1 }, settings = { forwarding = {} } } } }
    local seen
    deciding(function(input) seen = input.lookups return RING_JOE end):call(odd)
    assert.are.equal(1, seen.x.a)
  end)

  it("says why a call cannot be replayed", function()
    local again = deciding(function() return RING_JOE end)
    local undecided = row()
    undecided.source = nil
    assert.is_nil((again:call(undecided)))
    assert.is_truthy(select(2, again:call(undecided)):find("was decided wasn't stored"))
    for _, inputs in ipairs { "", "null", "[]", "{}", '{"call":{}}',
      '{"call":{"at":1},"settings":{"forwarding":{}}}' } do
      local result, why = again:call(row { inputs = inputs })
      assert.is_nil(result)
      assert.is_truthy(why:find("cannot be read"), inputs)
    end
  end)

  it("knows what people did who were rung, and how often a stranger answers at that hour", function()
    local before = { happened = { { n = 1, outcome = "no_answer", target = JOE } },
      odds = function(target, user, zone, hour)
        assert.are.same({ ANA, "42", "America/Denver", 9 }, { target, user, zone, hour })
        return 7, 10
      end }
    local _, change = deciding(function() return RING_ANA end, before):call(row())
    assert.are.equal("unknown", change.outcome)
    assert.are.same({ target = ANA, answered = 7, rung = 10, hour = 9 }, change.odds)
  end)

  it("knows that a browser was offline", function()
    local browser = { kind = "ring", leg = "line", seconds = 20, targets = { { user = "42" } }, next = {
      otherwise = 2 } }
    local plan = { start = 1, steps = { browser, { kind = "voicemail" } } }
    local _, change = deciding(function() return plan end):call(row { call = { line = { online = false } } })
    assert.are.equal("voicemail", change.outcome)
    _, change = deciding(function() return plan end):call(row())
    assert.are.equal("unknown", change.outcome)
  end)
end)
