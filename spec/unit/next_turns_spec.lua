-- Who is on call next, by rotas and calendars.
dofile("spec/support/native.lua")
local next_turns = require("calls.report.next_turns")
local team = require("calls.team.team")

local FILES = {
  ["people.txt"] = "[joe]\nname: Joe Brown\nphone: +13035550142\n[ana]\nphone: +13035550177\n"
    .. "[sue]\nphone: +13035550166\n",
  ["groups.txt"] = "crew: joe, ana\n",
}

local function read(files)
  return team.read(function(name) return files[name] or FILES[name] end, "US")
end

describe("the next turns", function()
  local CALENDARS = "[vets]\n2026-11-29T10:00:00Z..2026-11-29T20:00:00Z: Joe Brown\n"
    .. "2026-11-30T10:00:00Z..2026-11-30T20:00:00Z: Nobody Known\n"
    .. "2026-12-01T10:00:00Z..2026-12-01T20:00:00Z: sue\n"
  local ONCALL = "[nights]\nzone: America/Denver\nevery: week\nfrom: 2026-01-05 08:00\npeople: joe, crew\n"
    .. "2026-12-02: sue\n[always]\nzone: Asia/Kolkata\nevery: day\nfrom: 2026-01-05 08:00\npeople: ana\n"
    .. "[vets]\nzone: Europe/Berlin\ncalendar: vets.ics\notherwise: ana\n"
  local known = read { ["oncall.txt"] = ONCALL, ["calendars.txt"] = CALENDARS }
  local NOW = 1795953600 -- 2026-11-29 12:00:00 UTC

  local function shown(entry, at)
    local list = {}
    for i, turn in ipairs(next_turns.of(known, entry, at)) do
      list[i] = ("%s %s..%s"):format(turn.person, turn.from or "", turn.to or "")
    end
    return list
  end

  it("are those of a rota with its swaps, of one for whom nobody takes over, and of a calendar", function()
    assert.same({
      "joe 2026-11-23 08:00..2026-11-30 08:00", "crew 2026-11-30 08:00..2026-12-02 08:00",
      "sue 2026-12-02 08:00..2026-12-03 08:00", "crew 2026-12-03 08:00..2026-12-07 08:00",
      "joe 2026-12-07 08:00..2026-12-14 08:00", "crew 2026-12-14 08:00..2026-12-21 08:00",
    }, shown(known.oncall[1], NOW))
    assert.same({ "ana .." }, shown(known.oncall[2], NOW))
    assert.same({
      "joe 2026-11-29 11:00..2026-11-29 21:00", "ana 2026-11-29 21:00..2026-12-01 11:00",
      "sue 2026-12-01 11:00..2026-12-01 21:00", "ana 2026-12-01 21:00..",
    }, shown(known.oncall[3], NOW))
    local broken = read { ["oncall.txt"] = "[nights]\nzone: America/Denver\nevery: week\n" }
    assert.same({}, next_turns.of(broken, broken.oncall[1], NOW))
  end)

  it("join without a gap, hold whoever is rung, and keep the wall clock over a change of clocks", function()
    local rota = known.made.oncall.nights
    for week = 0, 60 do
      local at = NOW + week * 7 * 86400 + week * 3571
      local list = next_turns.of(known, known.oncall[1], at)
      assert.equal(6, #list)
      assert.is_true(list[1].starts_at <= at * 1000 and at * 1000 < list[1].ends_at)
      for i, turn in ipairs(list) do
        assert.equal("08:00", turn.from:sub(-5))
        assert.equal(turn.ends_at, list[i + 1] and list[i + 1].starts_at or turn.ends_at)
        for _, second in ipairs { turn.starts_at // 1000, turn.ends_at // 1000 - 1 } do
          assert.equal(turn.person, next_turns.name(known, rota:at(second)))
        end
        assert.not_equal(turn.person, next_turns.name(known, rota:at(turn.ends_at // 1000)))
      end
    end
  end)
end)
