-- What rules make of people, groups, hours and rotas.
dofile("spec/support/native.lua")
dofile("spec/support/rule_language.lua")
local clock = require("calls.hours.clock")
local decide = require("calls.rules.decide")
local plan = require("calls.plans.plan")
local problems = require("calls.rules.problems")
local ring_order = require("calls.rules.ring_order")
local asks_to_press = require("calls.plans.screening").asks_to_press
local stored_plan = require("calls.plans.stored_plan")
local team = require("calls.team.team")
local team_files = require("support.team_files")
local team_words = require("calls.report.team_words")
local tz = require("tz")

local JOE, DESK, ANA, SUE = "+13035550142", "+13035550143", "+13035550177", "+13035550166"
local ZONE = "America/Denver"
local FILES, loaded = team_files.FILES, team_files.loaded

--- "2026-12-24 08:30" in the zone.
local function seconds_of(moment)
  local year, month, day, hour, minute = moment:match("(%d+)-(%d+)-(%d+) (%d+):(%d+)")
  return (tz.instant(ZONE, {
    year = math.tointeger(year), month = math.tointeger(month), day = math.tointeger(day),
    hour = math.tointeger(hour), min = math.tointeger(minute), sec = 0,
  }))
end

describe("words of the team", function()
  local function steps(go, files, input)
    local set = assert(loaded(('return { { "x", go = function(call) return %s end } }'):format(go), files))
    local _, flat = set.decide(input or { at = 1767700000 })
    return flat
  end
  local function rounds(flat)
    local list = {}
    for _, step in ipairs(flat.steps) do
      if step.kind == "ring" then list[#list + 1] = table.concat(stored_plan.targets(step), " ") end
    end
    return list
  end

  it("ring a person's phones one after the other, each asked to press 1 or not", function()
    local flat = steps('ring(person "joe", { seconds = 10 })')
    assert.same({ JOE, DESK }, rounds(flat))
    assert.same({ true, false }, { asks_to_press(flat.steps[1]), asks_to_press(flat.steps[2]) })
    flat = steps('ring(person "joe", { seconds = 10, confirm = true })')
    assert.is_true(asks_to_press(flat.steps[2]))
    flat = steps('ring(person "joe", { seconds = 10, confirm = false })')
    assert.is_false(asks_to_press(flat.steps[1]))
    assert.same({ "user:42 " .. ANA }, rounds(steps('ring(person "ana")')))
    assert.same({ true, nil }, { stored_plan.check(flat) })
  end)

  it("ring a group together, round by round, and nobody twice", function()
    assert.same({ JOE .. " user:42 " .. ANA, DESK }, rounds(steps('ring(group "crew", { seconds = 10 })')))
    assert.same({ JOE .. " user:42 " .. ANA .. " " .. SUE, DESK },
      rounds(steps(('ring({ group "crew", person "joe", %q }, { seconds = 10 })'):format(SUE))))
  end)

  it("ring a group in order, each person with all of their phones", function()
    local flat = steps('ring(group "crew", { seconds = 5, order = "round_robin" })')
    local function arranged(turn)
      local input = { from = "+13035550188", to = "+13035550101", at = 1767700000, order = { turn = turn } }
      return rounds(ring_order.arranged(flat, input))
    end
    assert.same({ JOE, DESK, "user:42 " .. ANA }, arranged(0))
    assert.same({ "user:42 " .. ANA, JOE, DESK }, arranged(1))
    flat = steps('ring(group "crew", { seconds = 5, order = "longest_idle" })')
    local input = { order = { idle = { [DESK] = 20, [ANA] = 10 } } }
    assert.same({ "user:42 " .. ANA, JOE, DESK }, rounds(ring_order.arranged(flat, input)))
    assert.same({ [DESK] = 20, [ANA] = 10 }, input.order.idle)
  end)

  describe("of someone who is away", function()
    local function away(text)
      return { ["people.txt"] = FILES["people.txt"]:gsub("%[ana%]", "away: " .. text .. "\n[ana]") }
    end
    local AT = 1767700000 -- 2026-01-06 11:46:40 UTC
    local AWAY = away "2026-01-06 11:00 until 2026-01-07 8am UTC"
    local function chosen(go, files, at, order)
      local input = { at = at or AT, from = SUE, to = JOE, order = order, number = {}, forwarding = {} }
      local set = assert(loaded(('local S = { seconds = 5 } '
        .. 'return { { "x", go = function(call) return %s end } }'):format(go), files))
      return decide.choose(input, function() return true, set.decide(input) end,
        { { name = "x", line = 1 } }).plan
    end
    local function rung(flat)
      local list, n = {}, flat.start
      while n do
        list[#list + 1] = stored_plan.words(flat.steps[n])
        n = stored_plan.next(flat.steps[n], "no_answer")
      end
      return table.concat(list, ", ")
    end
    local BOTH = ("ring %s, ring %s, voicemail"):format(JOE, DESK)
    for moment, wanted in pairs {
      ["2026-01-06 10:59:59"] = BOTH, ["2026-01-06 11:00:00"] = "voicemail",
      ["2026-01-07 07:59:59"] = "voicemail", ["2026-01-07 08:00:00"] = BOTH,
    } do
      it("skip them at " .. moment .. " or not", function()
        local day, hour, minute, second = moment:match("(%d+) (%d+):(%d+):(%d+)")
        local at = require("tz").instant("UTC", { year = 2026, month = 1, day = math.tointeger(day),
          hour = math.tointeger(hour), min = math.tointeger(minute), sec = math.tointeger(second) })
        assert.equal(wanted, rung(chosen('ring(person "joe", { seconds = 10 })', AWAY, at)))
      end)
    end

    it("go on with the others, in a group, an order, a menu, on call, and after what comes first", function()
      local only = ("ring user:42 %s, voicemail"):format(ANA)
      for go, wanted in pairs {
        ['ring(group "crew", { seconds = 10 })'] = only,
        ['ring(group "crew", { seconds = 5, order = "round_robin" })'] = only,
        ['ring(group "crew", { seconds = 5, order = "longest_idle" })'] = only,
        ['ring(group "crew", { seconds = 5, order = "random" })'] = only,
        ['ring(oncall("nights", call.at), { seconds = 10 }):otherwise(hangup())'] = "hangup",
        ['say("x"):otherwise(ring(person "joe", S):otherwise(ring(person "sue", S)))'] =
          ("say, ring %s, voicemail"):format(SUE),
        ['ring(person "joe", { seconds = 5 }):on("no_answer", say "no"):otherwise(reject())'] = "say",
      } do
        assert.equal(wanted, rung(chosen(go, AWAY)), go)
      end
      local menu = chosen('menu("x", { ["1"] = ring(person "joe", { seconds = 5 }) })', AWAY)
      assert.equal("voicemail", menu.steps[menu.steps[menu.start].digits["1"]].kind)
    end)

    it("give no turn to them", function()
      local three = setmetatable({ ["groups.txt"] = "crew: joe, ana, sue\n" }, { __index = AWAY })
      local first = {}
      for turn = 0, 3 do
        first[turn + 1] = rung(chosen('ring(group "crew", { seconds = 5, order = "round_robin" })',
          { ["people.txt"] = AWAY["people.txt"], ["groups.txt"] = three["groups.txt"] }, AT, { turn = turn }))
      end
      local ana, sue = "ring user:42 " .. ANA, "ring " .. SUE
      local one, other = ana .. ", " .. sue .. ", voicemail", sue .. ", " .. ana .. ", voicemail"
      assert.same({ one, other, one, other }, first)
    end)

    it("ring a phone that someone else who is there has, too", function()
      local files = { ["people.txt"] = "[joe]\naway: until 2027-01-01 00:00 UTC\nphone: " .. JOE
        .. "\n[ana]\nphone: " .. JOE .. "\n[sue]\nphone: " .. SUE .. "\naway: until 2026-01-01 00:00 UTC\n" }
      assert.equal(("ring %s, voicemail"):format(JOE), rung(chosen('ring(group "crew")', files)))
      files["people.txt"] = files["people.txt"]:gsub("%[ana%]", "[ana]\naway: until 2026-06-01 00:00 UTC")
      assert.equal("voicemail", rung(chosen('ring(group "crew")', files)))
      assert.equal(("ring %s, voicemail"):format(JOE), rung(chosen('ring(group "crew")', files, 1782000000)))
    end)

    it("leave a plan that can be stored, without spans", function()
      local flat = chosen('ring({ person "joe", person "sue" }, { seconds = 10 })', AWAY)
      assert.same({ true, nil }, { stored_plan.check(flat) })
      assert.equal("fwd", flat.steps[flat.start].leg)
      for _, step in ipairs(flat.steps) do
        for _, target in ipairs(step.targets or {}) do assert.is_nil(target.away) end
      end
    end)

    it("hold the same examples", function()
      assert(loaded('return { { "x", go = ring(person "joe", { seconds = 10 }) }, examples = { '
        .. '{ at = "2026-01-06 12:00", expect = "ring ' .. JOE .. '" } } }', AWAY))
    end)
  end)

  it("know hours, holidays and whose turn it is", function()
    local set = assert(loaded([[return {
      { "open", when = function(call) return open("office", call.at) end, go = ring "+13035550142" },
      { "closed", go = function(call) return ring(oncall("nights",
        call.at)):otherwise(voicemail(greeting "office")) end },
    }]]))
    for moment, wanted in pairs {
      ["2026-11-10 10:00"] = "1", ["2026-11-10 17:00"] = "2 " .. JOE .. " " .. DESK,
      ["2026-11-11 10:00"] = "1", -- Veterans Day, on which they work
      ["2026-11-26 10:00"] = "2 " .. JOE .. " " .. DESK, -- Thanksgiving
      ["2026-07-03 10:00"] = "2 " .. JOE .. " user:42 " .. ANA .. " " .. DESK, -- the 4th is a Saturday
      ["2026-12-24 08:30"] = "1", ["2026-12-24 12:30"] = "2 " .. SUE,
      ["2026-12-27 08:30"] = "2 " .. JOE .. " " .. DESK,
    } do
      local index, flat = set.decide { at = seconds_of(moment) }
      local words = { tostring(index), table.unpack(flat and rounds(flat) or {}) }
      assert.equal(wanted, table.concat(words, " "), moment)
      if flat then assert.equal("Closed. Press # to wait.", flat.steps[#flat.steps].greeting) end
    end
  end)

  it("are explained by the date or holiday whose hours apply", function()
    local bar = "[bar]\nzone: America/Denver\nmon-sun: 18:00-23:00\n12-24: 18:00-02:00\n12-25: closed\n"
    local files = team_files.with { ["hours.txt"] = FILES["hours.txt"] .. bar }
    for moment, wanted in pairs {
      ["2026-11-10 10:00 office"] = "open: office until Tue 10 Nov 17:00 America/Denver",
      ["2026-11-11 10:00 office"] = "open: office until Wed 11 Nov 17:00 America/Denver",
      ["2026-11-26 10:00 office"] = "closed: office (Thanksgiving Day) until Fri 27 Nov 08:00 America/Denver",
      ["2026-07-03 10:00 office"] = "closed: office (Independence Day) until Mon 6 Jul 08:00 America/Denver",
      ["2026-12-24 10:00 office"] = "open: office (12-24: 08:00-12:00) until Thu 24 Dec 12:00 America/Denver",
      ["2026-12-24 13:00 office"] =
        "closed: office (12-24: 08:00-12:00) until Mon 28 Dec 08:00 America/Denver",
      ["2026-12-25 01:00 bar"] = "open: bar (12-24: 18:00-02:00) until Fri 25 Dec 02:00 America/Denver",
      ["2026-12-25 03:00 bar"] = "closed: bar (12-25: closed) until Sat 26 Dec 18:00 America/Denver",
    } do
      local source = ('return open("%s")'):format(moment:match("%a+"))
      local said = team_words.lines(source, function(file) return files[file] end, "US", seconds_of(moment))
      assert.same({ wanted }, said)
    end
  end)

  for source, message in pairs {
    ['{ { "n", go = ring(person "jo") } }'] = 'people.txt has no person "jo" (did you mean "joe"?)',
    ['{ { "n", go = ring(group "crow") } }'] =
      'groups.txt has no group "crow" (did you mean "crew"?)',
    ['{ { "n", when = function(call) return open("ofice", call.at) end, go = hangup() } }'] =
      'rule "n": hours.txt has no hours "ofice" (did you mean "office"?)',
    ['{ { "n", go = function(call) return ring(oncall("night", call.at)) end } }'] =
      'rule "n": oncall.txt has no rota "night" (did you mean "nights"?)',
    ['{ { "n", go = function() return voicemail(greeting "x") end } }'] =
      'hours.txt has no hours "x"',
    ['{ { "n", go = ring(person(42)) } }'] = 'person needs a name, such as person "joe", not 42',
    ['{ { "n", go = ring(oncall "nights") } }'] = 'oncall needs a time: oncall("nights", call.at)',
    ['{ { "n", go = ring(person "joe", { order = "random" }) } }'] =
      'order = "random" needs a list of two or more',
  } do
    it("refuse " .. source, function()
      local text = problems.refused("forwarding.lua", "return " .. source,
        { data = function(name) return FILES[name] end, country = "US" })
      assert.is_truthy(text:find(message, 1, true), text)
      assert.is_nil(text:find("\n", 1, true), text)
    end)
  end

  it("are free for an author's own names", function()
    assert.equal("", problems.refused("forwarding.lua", 'local function open(x) return x end\n'
      .. 'return { { "n", when = function() return open("y") == "y" end, go = hangup() } }', { country =
        "US" }))
  end)

  it("can be gone through, and what that hands out can't be changed", function()
    local function check(list, first)
      local count = 0
      for _ in pairs(list) do count = count + 1 end
      local key, value = next(list)
      assert.is_true(count > 1)
      assert.same({ first, list[first] }, { key, value })
      assert.is_not_nil(next(list, key))
      local _, state = pairs(list)
      assert.is_false(pcall(function() state[key] = "x" end))
      assert.equal(value, list[key])
    end
    local found = team.read(function(name) return FILES[name] end, "US")
    check(found.made.groups.crew, 1)
    check(clock.at("UTC", 1767700000), "clock")
  end)

  it("ring a group in an order also while one person is in it", function()
    for people, count in pairs { ["ana"] = 1, ["joe"] = 2, ["joe, ana"] = 3 } do
      local flat = steps('ring(group "crew", { order = "round_robin", seconds = 5 })',
        { ["groups.txt"] = "crew: " .. people .. "\n" })
      local rings = 0
      for _, step in ipairs(flat.steps) do rings = rings + (step.kind == "ring" and 1 or 0) end
      assert.equal(count, rings, people)
    end
  end)

  it("ring a group that is on call, as one person or one of several", function()
    for _, people in ipairs { "crew", "joe, crew" } do
      local files = { ["oncall.txt"] = "[nights]\nzone: UTC\nevery: week\nfrom: 2026-01-12 00:00\npeople: "
        .. people .. "\n2026-01-06: crew\n" }
      for _, order in ipairs { "", ', order = "round_robin"' } do
        local flat = steps('ring(oncall("nights", call.at), { seconds = 5' .. order .. " })", files)
        assert.equal(order == "" and 3 or 1, #flat.steps[flat.start].targets)
      end
    end
  end)

  it("say the plan of an edit that makes callers wait too long", function()
    local set, list = loaded('return { { "n", go = ring(person "joe", { seconds = 40 }) } }')
    assert.is_nil(set)
    assert.is_truthy(list[1]:find("forwarding.lua:1: rule \"n\": a caller could hear 90 seconds", 1, true),
      list[1])
    assert.is_truthy(plan)
  end)
end)
