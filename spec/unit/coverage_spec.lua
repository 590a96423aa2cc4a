dofile("spec/support/native.lua")
local calendar = require("calls.coverage.calendar")
local coverage = require("calls.coverage.coverage")
local coverage_words = require("calls.coverage.words")
local reachable = require("calls.coverage.reachable")
local tz = require("tz")

local JOE = "+13035550142"
local DENVER = "America/Denver"
local NUMBER = { id = 1, user_id = "42", phone_number = "+15105550100", friendly_name = "Main line",
  is_active = 1 }
local VOICEMAIL = { start = 1, steps = { { kind = "voicemail" } } }
local REJECT = { start = 1, steps = { { kind = "reject" } } }

local function ring(target)
  local user = target:match("^user:(.+)$")
  return { start = 1, steps = {
    { kind = "ring", leg = "fwd", seconds = 20, targets = { user and { user = user } or { phone = target } },
      next = { otherwise = 2 } }, { kind = "voicemail" } } }
end

local function at(zone, year, month, day, hour)
  return (tz.instant(zone, { year = year, month = month, day = day, hour = hour or 0 }))
end

--- The coverage of a number by one rule, a function of the call; `reads` says what it looks at: the clock and
--- the caller, when left out.
local function covered(go, more)
  more = more or {}
  local from = more.from or at(DENVER, 2026, 11, 23)
  local asked = { count = 0 }
  local found = coverage.of({ {
    number = more.number or NUMBER, forwarding = more.forwarding or {}, zone = DENVER, contact = more.contact,
    override = more.override or function() end,
  } }, {
    from = from, to = from + (more.days or 1) * 86400, step = 900, online = more.online ~= false,
    list = { { name = "mine", line = 4 } },
    decide = function(input)
      asked.count = asked.count + 1
      local plan = go(input)
      local reads = more.reads or ('{"at":%d,"from":"%s"}'):format(input.at, input.from)
      return true, plan and 1 or nil, plan, reads
    end,
  })[1]
  local by_class = {}
  for _, class in ipairs(found.classes) do by_class[class.class] = class.spans end
  return by_class, found, asked
end

local function office(input)
  local clock = tz.local_time(DENVER, input.at)
  return clock.hour >= 8 and clock.hour < 17 and ring(JOE) or VOICEMAIL
end

describe("coverage.of", function()
  it("merges neighbours that are alike into spans", function()
    local by_class = covered(office)
    local first = at(DENVER, 2026, 11, 23) * 1000
    local night = { words = "voicemail", rule = "mine", line = 4, source = "rules", reaches = "voicemail",
      gap = false }
    local day = { words = "ring +13035550142 20 s > voicemail", rule = "mine", line = 4, source = "rules",
      reaches = "person", gap = false }
    local function span(base, from, to)
      local copy = { from = first + from * 3600000, to = first + to * 3600000 }
      for key, value in pairs(base) do copy[key] = value end
      return copy
    end
    for _, class in ipairs { "unknown", "known", "anonymous" } do
      assert.are.same({ span(night, 0, 8), span(day, 8, 17), span(night, 17, 24) },
        { table.unpack(by_class[class]) })
    end
  end)

  it("does not call a rejected nuisance a gap, but anybody else who reaches nobody", function()
    local by_class = covered(function(input) return input.caller.anonymous and REJECT or ring(JOE) end)
    assert.are.same({ "blocked", "none", false },
      { by_class.blocked[1].source, by_class.blocked[1].reaches, by_class.blocked[1].gap })
    assert.is_true(by_class.anonymous[1].gap)
    assert.is_false(by_class.unknown[1].gap)
    assert.are.equal(1, #by_class.blocked)
  end)

  it("knows the settings, an override while it lasts, and rules that fail", function()
    local settings = covered(function() end, { forwarding = { always = { id = 7,
      forward_to_number = JOE } } })
    assert.are.same({ "settings", "ring +13035550142 20 s > voicemail" },
      { settings.unknown[1].source, settings.unknown[1].words })
    local from = at(DENVER, 2026, 11, 23) * 1000
    local override = { forward_to_number = JOE, ring_timeout = 25 }
    local overridden = covered(office, { override = function(now)
      local begins, ends = from + 3600000, from + 7200000
      local changes_at = now < begins and begins or now < ends and ends or nil
      return now >= begins and now < ends and override or nil, changes_at
    end })
    assert.are.equal("override", overridden.unknown[2].source)
    assert.are.same({ from + 3600000, from + 7200000 }, { overridden.unknown[2].from,
      overridden.unknown[2].to })
    local failed = coverage.of({ { number = NUMBER, forwarding = {}, zone = DENVER,
      override = function() end } }, {
      from = 0, to = 3600, step = 900, online = true, list = {},
      decide = function() return nil, "forwarding.lua:3: boom", "error", "{}" end,
    })[1]
    local span = failed.classes[1].spans[1]
    assert.are.same({ "fallback", "forwarding.lua:3: boom", 3600000 }, { span.source, span.error, span.to })
  end)

  it("asks rules once that do not look at the clock", function()
    local _, _, asked = covered(function() return ring(JOE) end, { reads = '{"from":"+1"}', days = 14 })
    assert.are.equal(3, asked.count)
    _, _, asked = covered(function() return ring(JOE) end, { reads = '{"from":"+1","…truncated":true}',
      days = 14 })
    assert.are.equal(3 * 14 * 96, asked.count)
  end)

  it("ends and begins spans when someone leaves and comes back, also for rules that don't look at the clock",
    function()
      local from = at(DENVER, 2026, 11, 23)
      for _, reads in ipairs { '{"from":"+1"}', false } do
        local by_class, _, asked = covered(function()
          local plan = ring(JOE)
          plan.steps[1].targets[1].away = { from = from + 3700, to = from + 90000 }
          return plan
        end, { days = 3, reads = reads or nil })
        local spans = {}
        for i, span in ipairs(by_class.unknown) do
          spans[i] = { span.from // 1000 - from, span.to // 1000 - from, span.reaches }
        end
        assert.are.same({ { 0, 3700, "person" }, { 3700, 90000, "voicemail" },
          { 90000, 3 * 86400, "person" } }, spans)
        assert.is_true(not reads or asked.count <= 9)
      end
    end)

  -- Rules that look at parts of a call, some of them only at night; numbers that differ in some.
  it("asks once about calls that rules can't tell apart, to the same end as asking about each", function()
    local function field(input, name)
      if name == "clock" then
        local hour = tz.local_time(DENVER, input.at).hour
        return hour >= 8 and hour < 17
      end
      return name == "name" and input.caller.name or input[name]
    end
    local kinds = { {}, { "clock" }, { "clock", "to" }, { "clock", "name" }, { "to", "clock" },
      { "clock", "name", "to", "from" }, { "name" } }
    for _, always in ipairs(kinds) do
      for _, at_night in ipairs(kinds) do
        local asked = 0
        local function decide(input)
          local reads, said = {}, {}
          local function read(name)
            local value = field(input, name)
            reads[#reads + 1] = name == "clock" and ('"at":%d'):format(input.at)
              or ('"%s":%s'):format(name, value and '"' .. value .. '"' or "null")
            said[#said + 1] = tostring(value)
          end
          for _, name in ipairs(always) do read(name) end
          read("clock")
          if not field(input, "clock") then
            for _, name in ipairs(at_night) do read(name) end
          end
          asked = asked + 1
          return nil, table.concat(said, " "), "error", "{" .. table.concat(reads, ",") .. "}"
        end
        local abouts = {}
        for id = 1, 3 do
          abouts[id] = { zone = DENVER, forwarding = {}, override = function() end, number = {
            id = id, user_id = "42", phone_number = "+1510555010" .. id // 2, is_active = 1 } }
        end
        local from = at(DENVER, 2026, 11, 23)
        local options = { from = from, to = from + 2 * 86400, step = 900, online = true, list = {},
          decide = decide }
        local together = coverage.of(abouts, options)
        local shared = asked
        asked = 0
        options.decide = function(input)
          local _, message, code, reads = decide(input)
          return nil, message, code, reads:sub(1, -2) .. ',"…truncated":true}'
        end
        assert.are.same(coverage.of(abouts, options), together)
        assert.is_true(shared <= asked * 0.75, ("%d of %d"):format(shared, asked))
      end
    end
  end)

  it("takes a contact of the owner for the known caller", function()
    local seen = {}
    local _, found = covered(function(input)
      seen[input.from] = input.caller.name
      return VOICEMAIL
    end, { contact = { number = "+14155550123", name = "Grace", tags = { "vip" } } })
    assert.are.equal("Grace", seen["+14155550123"])
    assert.are.same({ from = "+14155550123", name = "Grace" }, found.classes[2].caller)
    assert.is_nil(seen.anonymous)
  end)

  it("knows when clocks change", function()
    local from = at(DENVER, 2026, 10, 25)
    local _, found = covered(office, { from = from, days = 14 })
    local back = at(DENVER, 2026, 11, 1, 1) + 3600
    assert.are.same({ { at = back * 1000, from_offset = -21600, to_offset = -25200 } },
      { table.unpack(found.dst) })
    assert.are.same({}, { table.unpack(coverage.changes("UTC", 0, 1e9 // 1 | 0)) })
  end)
end)

describe("reachable.of", function()
  local menu = { start = 1, steps = { { kind = "menu", text = "x", digits = { ["1"] = 2 }, next = {
    otherwise = 3 } },
    { kind = "ring", seconds = 20, targets = { { phone = JOE } }, next = { otherwise = 3 } }, {
      kind = "hangup" } } }
  local function verbs(name) return { start = 1, steps = { { kind = "twiml", verbs = { {
    name = name } } } } } end
  for _, case in ipairs {
    { "a phone", ring(JOE), true, "person" }, { "a browser that is online", ring("user:42"), true, "person" },
    { "a browser that is not", ring("user:42"), false, "voicemail" }, { "a key of a menu", menu, true,
      "person" },
    { "a message", VOICEMAIL, true, "voicemail" }, { "nobody", REJECT, true, "none" },
    { "a number nobody may dial", ring("+1911"), true, "voicemail" },
    { "a dial written by hand", verbs("Dial"), true, "person" },
    { "a recording written by hand", verbs("Record"), true, "voicemail" },
    { "words written by hand", verbs("Say"), true, "none" },
  } do
    it("finds " .. case[1], function() assert.are.equal(case[4], reachable.of(case[2], nil, case[3])) end)
  end
end)

describe("the calendar", function()
  local function drawn(go, more, columns)
    local _, number = covered(go, more)
    local from = (more and more.from or at(DENVER, 2026, 11, 23)) * 1000
    return coverage_words.report({ from = from, to = from + (more and more.days or 1) * 86400000,
      online = true,
      numbers = { number } }, columns or 80)
  end

  it("has a line per day and a letter for each plan, once for classes that are treated the same", function()
    local text = drawn(office, { days = 2 })
    for _, line in ipairs {
      "^%+15105550100  Main line  Mon 23 Nov 00:00 %- Wed 25 Nov 00:00  %(America/Denver%)\n",
      "\nunknown, known and anonymous callers\n",
      "\n              0     3     6     9     12    15    18    21    24\n",
      "\n  Mon 23 Nov  " .. ("%."):rep(16) .. ("A"):rep(18) .. ("%."):rep(14) .. "\n",
      '\n  A  ring %+13035550142 20 s > voicemail %(rule "mine", line 4%)\n',
      '\n  %.  voicemail %(rule "mine", line 4%)\n',
      "\nblocked callers\n  always: reject %(the blocklist%)\n",
    } do
      assert.is_truthy(text:find(line), line .. "\n" .. text)
    end
  end)

  it("uses what room there is, and no more", function()
    for _, columns in ipairs { 80, 111, 112, 200 } do
      for line in drawn(office, { days = 14 }, columns):gmatch("[^\n]+") do
        assert.is_true(utf8.len(line) <= math.min(columns, 120), line)
      end
    end
    assert.is_truthy(drawn(office, nil, 112):find("\n  Mon 23 Nov  " .. ("%."):rep(32) .. ("A"):rep(36)))
  end)

  it("lists the gaps", function()
    local text = drawn(function(input)
      local hour = tz.local_time(DENVER, input.at).hour
      return hour >= 12 and hour < 14 and REJECT or ring(JOE)
    end)
    assert.is_truthy(text:find("AAAA!!!!AAAA", 1, true))
    assert.is_truthy(text:find('\n  ! Mon 23 Nov 12:00 - 14:00: reject (rule "mine", line 4)\n', 1, true),
      text)
  end)

  it("marks the nights in which clocks change", function()
    local text = drawn(office, { from = at(DENVER, 2026, 3, 7), days = 2 })
    assert.is_truthy(text:find("\n  * Sun 8 Mar: the clocks go forward by 1 h, to 03:00\n", 1, true), text)
    assert.is_truthy(text:find("\n  Sun 8 Mar *  ....~~..........AA", 1, true)
      or text:find("\n  Sun 8 Mar * ....~~..........AA", 1, true), text)
    text = drawn(office, { from = at(DENVER, 2026, 10, 31), days = 2 })
    assert.is_truthy(text:find("\n  * Sun 1 Nov: the clocks go back by 1 h, to 01:00\n", 1, true), text)
    assert.is_truthy(text:find("Sun 1 Nov *", 1, true))
  end)

  it("gives at most one letter to a plan, and the worse half to a cell", function()
    local function span(words, reaches, from, to)
      return { words = words, reaches = reaches, gap = reaches == "none", source = "rules",
        from = from * 60000,
        to = to * 60000 }
    end
    local spans = { span("a", "person", 0, 15), span("b", "none", 15, 30), span("a", "person", 30, 45),
      span("c", "voicemail", 45, 60), span("d", "person", 60, 75), span("a", "person", 75, 90) }
    local marks, legend = calendar.marks(spans)
    assert.are.equal("A", marks[spans[3]])
    assert.are.same({ "A", "B", ".", "!" }, { legend[1].mark, legend[2].mark, legend[3].mark,
      legend[4].mark })
    assert.are.equal("  Thu 1 Jan   !.B", calendar.lines({ zone = "UTC" }, spans, marks, 30)[2])
  end)

  it("has words for no numbers at all", function()
    assert.are.equal("No numbers yet.", coverage_words.report({ numbers = {} }, 80))
  end)
end)
