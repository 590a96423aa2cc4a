dofile("spec/support/native.lua")
local json = require("json")
local timeline = require("calls.report.timeline")
local why = require("calls.report.why")
local why_words = require("calls.report.why_words")

local LIST = { { name = "one", line = 2 }, { name = "two", line = 5 }, { name = "three", line = 9 } }
local JOE, ANA = "+13035550142", "+13035550177"

local function matched(trace)
  local found = {}
  for index, rule in ipairs(why.rules(LIST, trace)) do
    assert.are.equal("forwarding.lua", rule.file)
    found[index] = rule.matched == json.null and "-" or tostring(rule.matched)
  end
  return table.concat(found, " ")
end

describe("why.rules", function()
  for _, case in ipairs {
    { "the rule that decided, those before it, those nobody asked", { source = "rules", rule = "two" },
      "false true -" },
    { "no rule held", { source = "settings" }, "false false false" },
    { "a rule left it to the settings", { source = "settings", rule = "one" }, "true - -" },
    { "a rule failed", { source = "fallback", error = 'forwarding.lua:5: rule "two": boom' }, "false - -" },
    { "a rule made no plan", { source = "fallback", rule = "two", error = "no plan" }, "false true -" },
    { "the rules failed as a whole", { source = "fallback", error = "not enough memory" }, "- - -" },
    { "an override", { source = "override" }, "- - -" },
    { "a blocked caller", { source = "blocked" }, "- - -" },
    { "a call from the browser", { source = "outgoing" }, "- - -" },
  } do
    it("knows: " .. case[1], function() assert.are.equal(case[3], matched(case[2])) end)
  end
end)

describe("why.explain", function()
  it("says lookups with their values or why there is none, and the override", function()
    local trace = { source = "override", inputs = {
      call = { lookups = { crew = "joe", area = { 1 } }, override = { forward_to_number = JOE } },
      lookup_runs = { { name = "crew", ms = 12 }, { name = "crm", ms = 800, error = "timed out" } },
    } }
    why.explain(trace, LIST)
    assert.are.same({ { name = "area", value = { 1 } }, { name = "crew", ms = 12, value = "joe" },
      { name = "crm", ms = 800, error = "timed out" } }, { table.unpack(trace.lookups) })
    assert.are.equal(JOE, trace.override.forward_to_number)
    assert.is_nil(trace.file)
  end)

  it("names settings that were on and could not apply", function()
    local function on(kind) return { forwarding_type = kind, forward_to_number = JOE, is_active = 1 } end
    local settings = { number = { is_active = 1 }, forwarding = {
      always = on("always"), busy = on("busy"), no_answer = on("no_answer") } }
    local trace = { source = "settings", inputs = { call = {}, settings = settings } }
    why.explain(trace, {})
    assert.are.same({ '"When busy" never applies: "Always" sends every call to ' .. JOE .. ".",
      '"When nobody answers" never applies: "Always" sends every call to ' .. JOE .. "." },
      { table.unpack(trace.unused) })
    trace.source = "rules"
    why.explain(trace, {})
    assert.are.equal(0, #trace.unused)
    -- Once its own "Always" has ended, the one for all numbers applies.
    settings.forwarding.always.ends_at, settings.forwarding.always.after = 1000, on("always")
    settings.forwarding.no_answer, trace.source, trace.inputs.call.at = nil, "settings", 1
    why.explain(trace, {})
    assert.are.same({ '"Always" has ended.',
      '"When busy" never applies: "Always" sends every call to ' .. JOE .. "." },
      { table.unpack(trace.unused) })
  end)

  it("says who was left out, and nobody else who was away", function()
    local one = { target = "user:joe", ends_at = 9 }
    local trace = { source = "rules", rule = "one", inputs = {
      call = { away = { ["user:joe"] = 9, ["user:eve"] = 9 } },
      left_out = { one, { target = JOE, ends_at = 7 }, one },
    } }
    why.explain(trace, LIST)
    assert.are.same({ { target = JOE, ends_at = 7000 }, { target = "user:joe", ends_at = 9000 } },
      { table.unpack(trace.away) })
  end)

  it("takes whatever was stored", function()
    for _, inputs in ipairs { json.null, {}, { call = json.null, left_out = { 1, {} } },
      { call = { lookups = json.null } } } do
      local trace = { source = "rules", rule = "one", inputs = inputs }
      why.explain(trace, {})
      assert.are.equal(0, #trace.lookups)
      assert.is_nil(trace.override)
      assert.are.equal("forwarding.lua", trace.file)
    end
  end)
end)

--- A call at second 0 of 2026, with moments in seconds.
local function call(more)
  local base = {
    call_sid = "CA1", started_at = 1767225600000, ended_at = 1767225666000, from = "+14155550123",
      to = "+15105550100",
    direction = "inbound", status = "completed", duration = 66, phone_number_id = 1, legs = {},
      recordings = {},
    trace = json.null,
  }
  for key, value in pairs(more) do base[key] = value end
  base.timeline = timeline.of(base)
  return base
end

local function told(one)
  local lines = {}
  for index, moment in ipairs(one.timeline) do
    lines[index] = ("%d %s"):format((moment.at - one.started_at) // 1000, moment.text)
  end
  return lines
end

local function at(seconds) return 1767225600000 + seconds * 1000 end

local PLAN = { start = 1, steps = { { kind = "ring", leg = "fwd", seconds = 20, targets = { { phone = JOE } },
  next = { otherwise = 2 } }, { kind = "voicemail" } } }

local function trace(more)
  local base = {
    decided_at = at(0), source = "rules", rule = "vip", rule_line = 4, rule_version = 3, plan = PLAN,
    inputs = { call = { caller = { name = "Grace" } } }, reads = { from = "+14155550123", at = 1767225600 },
    steps = {}, accepted_by = {}, rules = {}, lookups = {},
  }
  for key, value in pairs(more or {}) do base[key] = value end
  return base
end

describe("timeline.of", function()
  it("tells a call that Joe did not take and Ana did", function()
    local one = call {
      end_reason = "answered",
      legs = {
        { call_sid = "CA2", to = JOE, started_at = at(1) },
        { call_sid = "CA3", to = ANA, started_at = at(21), answered_at = at(30) },
        { call_sid = "CA4", to = "client:user_42", started_at = at(21) },
      },
      trace = trace {
        steps = {
          { n = 1, leg = "fwd", outcome = "no_answer", target = JOE, at = at(20) },
          { n = 2, leg = "simulring", outcome = "answered", target = ANA .. " user:42",
            dial_call_sid = "CA3", at = at(65) },
        },
        accepted_by = { { child_call_sid = "CA3", at = at(33) } },
      },
    }
    assert.are.same({
      "0 +14155550123 (Grace) calls +15105550100",
      '0 rule "vip" (forwarding.lua:4) decides: ring +13035550142 20 s > voicemail',
      "1 +13035550142 rings", "20 no answer from +13035550142", "21 +13035550177 rings",
      "21 user 42's browser rings", "30 +13035550177 picks up", "33 1 is pressed: the call is accepted",
      "65 +13035550177 answers", "66 the call ends after a conversation, 66 s in total",
    }, told(one))
  end)

  it("tells who did not ring, what was pressed, and who gave up", function()
    local one = call { end_reason = "abandoned", duration = 0, trace = trace { source = "settings",
      rule = nil, steps = {
      { n = 1, leg = "skipped", outcome = "no_answer", at = at(0), detail = {
        { target = "user:42", code = "offline" }, { target = JOE, code = "country",
          message = "Not that country." } } },
      { n = 2, leg = "menu1", outcome = "", at = at(5) }, { n = 2, leg = "menu2", outcome = "2", at = at(9) },
      { n = 3, leg = "consent", outcome = "declined", at = at(12) },
      { n = 4, leg = "fwd", outcome = "declined", target = JOE, at = at(30) },
      { n = 5, leg = "fwd", outcome = "abandoned", target = ANA, at = at(40) },
    } } }
    local lines = told(one)
    assert.are.same({
      "0 user 42's browser is not online, and does not ring",
        "0 +13035550142 does not ring: Not that country.",
      "5 the caller presses nothing", "9 the caller presses 2", "12 the caller does not agree to be recorded",
      "30 answered, but nobody pressed 1: +13035550142", "40 the caller gives up while +13035550177 rings",
      "66 the call ends because the caller hung up",
    }, { table.unpack(lines, 3) })
  end)

  it("tells a call of which nothing is known but that it was", function()
    assert.are.same({ "0 +14155550123 calls +15105550100" }, told(call { ended_at = false }))
    assert.are.same({ "0 someone calls nobody" }, told(call { ended_at = false, from = "", to = "" }))
  end)

  it("tells a call from a browser, and one that was refused", function()
    local inputs = { caller_id = "+15105550100" }
    local made = call { from = "client:user_42", to = JOE, direction = "outbound",
      trace = trace { source = "outgoing", inputs = inputs } }
    assert.are.equal("0 user 42's browser calls " .. JOE, told(made)[1])
    assert.are.equal("0 allowed, shown as +15105550100", told(made)[2])
    local refused = call { from = "client:user_42", to = "911", trace = trace { source = "outgoing",
      inputs = {},
      error = "Emergency numbers cannot be called." } }
    assert.are.equal("0 refused: Emergency numbers cannot be called.", told(refused)[2])
  end)
end)

describe("why_words.report", function()
  it("is a page that a person reads from top to bottom", function()
    local one = call { end_reason = "voicemail", duration = 40, trace = trace {
      rules = why.rules(LIST, { source = "rules", rule = "two" }),
      lookups = { { name = "crew", value = "joe", ms = 3 }, { name = "crm", error = "timed out" }, {
        name = "none" } },
      override = { forward_to_number = ANA, ends_at = at(3600), note = "lunch" }, unused = {},
      reads = { from = "+14155550123", at = 1767225600, ["caller.vip"] = json.null },
    }, recordings = { { recording_sid = "RE1", kind = "voicemail", duration = 12,
      transcript = "Call me." } } }
    local text = why_words.report(one, "America/Denver")
    for _, line in ipairs {
      "^CA1  Wed 2025%-12%-31 17:00:00 America/Denver\n", "\nWhy %(version 3%)\n",
      '\n  decided   rule "vip" %(forwarding.lua:4%) decides\n',
      "\n  plan      ring %+13035550142 20 s > voicemail\n",
      "\n  override  all calls to %+13035550177 until Wed 2025%-12%-31 18:00:00 %(lunch%)\n",
      "\n  read      at = 1767225600 %(Wed 2025%-12%-31 17:00:00%)\n            caller.vip was not there\n"
        .. '            from = "%+14155550123"\n',
      '\n  lookups   crew = "joe" %(3 ms%)\n            crm failed: timed out\n            none '
        .. "gave nothing\n",
        '\n  no match  "one" %(forwarding.lua:2%)\n',
      "\n  17:01:06  %+66 s  the call ends with a message left, 40 s in total\n",
      "\n  message of 12 s: RE1\n    Call me.$",
    } do
      assert.is_truthy(text:find(line), line .. "\n" .. text)
    end
  end)

  it("has clear words where nothing was decided, and while the call lasts", function()
    assert.is_truthy(why_words.report(call {}, "UTC"):find("How this call was decided wasn't stored."))
    local unknown = call {}
    unknown.phone_number_id = nil
    assert.is_truthy(why_words.report(unknown, "UTC"):find("belonged to nobody here"))
    local open = call { ended_at = false }
    assert.is_truthy(why_words.report(open, "UTC"):find("The end of this call hasn't been reported."))
    local leg = why_words.report(call {}, "UTC", { call_sid = "CA9", to = "client:user_42" })
    assert.is_truthy(leg:find("CA9 is the leg of this call to user 42's browser."))
  end)
end)
