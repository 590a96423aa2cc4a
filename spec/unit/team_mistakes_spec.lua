-- Mistakes in the files beside the rules, as people make them: what is reported, all of it.
dofile("spec/support/native.lua")
local problems = require("calls.rules.problems")
local team = require("calls.team.team")

local PEOPLE = "[joe]\nphone: +13035550142\n[ana]\nphone: +13035550177\n"
local HOURS = "[office]\nzone: America/Denver\n"
local READ = "can't read this line; write "

-- the file, its text, and each message: line, what is said
local CASES = {
  { "people.txt", "[joe]\nphone = +13035550142\n", { 2, READ .. "[joe], phone: +13035550142" } },
  { "people.txt", "[joe]\nmobile: +13035550142\n", { 2, 'no field "mobile" (did you mean "phone"?)' } },
  { "people.txt", "[joe]\nTelefon: +13035550142\n", { 2, 'no field "Telefon" (did you mean "phone"?)' } },
  { "people.txt", "joe:\n  phone: +13035550142\n", { 1, "belongs to nobody" }, { 2, "belongs to nobody" } },
  { "groups.txt", "crew: joe; ana\n", { 1, "put commas between the names: joe, ana" } },
  { "groups.txt", "crew: joe and ana\n", { 1, "put commas between the names: joe, ana" } },
  { "groups.txt", "crew: joe ana\n", { 1, "put commas between the names: joe, ana" } },
  { "groups.txt", "crew: joe or ana\n", { 1, 'people.txt has no person "joe or ana"' } },
  { "groups.txt", "crew:\n - joe\n - ana\n",
    { 2, READ .. "crew: joe, ana" }, { 3, READ .. "crew: joe, ana" } },
  { "oncall.txt", "[n]\nzone: UTC\nevery: week\nfrom: 2026-01-05 08:00\npeople: joe ana\n",
    { 5, "put commas between the names: joe, ana" } },
  { "oncall.txt", "[n]\nzone: UTC\nevery: week\nfrom: 2026-01-05 08:00\npeople: joe, ana\nana: 12-24\n",
    { 6, "the date comes first: write 12-24: ana" } },
  { "people.txt", "[joe]\nname: Joe\nphone: +13035550142\nana\nname: Ana\nphone: +13035550177\n",
    { 4, READ .. "[joe], phone: +13035550142" } },
  { "people.txt", "[joe]\nphone: (303) 555-0142 no confirm\n",
    { 2, "a comma is missing: write (303) 555-0142, no confirm" } },
  { "hours.txt", HOURS .. "mon: 9am-5pm\nholidays: US-MA\nexcept: Columbus\n",
    { 5, 'did you mean "Columbus Day"' } },
  { "hours.txt", HOURS .. "mon: 9:00-12:30 and 13:30-18:00\ntue: 9am - noon\n",
    { 3, "is more than one range: put commas between them" } },
  { "hours.txt", HOURS .. "mon: 9am-5pm\n12-24: closes at noon\n", { 4, "doesn't say when it opens" } },
  { "groups.txt", "crew:\n", { 1, "nobody is in this group" } },
  { "hours.txt", HOURS .. "monday to friday: 9am-5pm\n", { 3, "write mon-fri" } },
  { "hours.txt", HOURS .. "Mo-Fr: 09:00-17:00\n", { 3, "write mon-fri" } },
  { "hours.txt", HOURS .. "Sa. und So.: 09:00-17:00\n", { 3, "write sat,sun" } },
  { "hours.txt", HOURS .. "lunes a viernes: 09:00-17:00\n", { 3, "write mon-fri" } },
  { "hours.txt", HOURS .. "lundi-vendredi: 09:00-17:00\n", { 3, "write mon-fri" } },
  { "hours.txt", HOURS .. "mon: 9am-5pm\nclosed: 12-25, 01-01\n",
    { 4, "each date has a line of its own, such as 12-25: closed" } },
  { "hours.txt", HOURS .. "mon: 9-5\ntue: 25:00-26:00\nwedd: 9am-5pm\n", { 3, "write 09:00" },
    { 4, '"25:00"' }, { 5, 'did you mean "wed"' } },
  { "hours.txt", HOURS .. "mon: 9am-5pm\nThanksgiving: 08:00-12:00\nholidays: US-CO\n",
    { 4, "Thanksgiving Day has no hours by its name: write its date, 4th thu nov: 08:00-12:00" } },
  { "hours.txt", HOURS .. "mon: 9am-5pm\nholidays: US-CO\nChristmas Eve: 08:00-12:00\n",
    { 5, 'unknown day "Christmas Eve": write 12-24' } },
  { "hours.txt", HOURS .. "mon: 9am-5pm\nholidays: US-CO\nFounders Day: closed\n",
    { 5, 'unknown day "Founders Day": use mon tue wed thu fri sat sun, mon-fri, a date, zone, greeting' } },
  { "hours.txt", HOURS .. "mon: 9am-5pm\n12-24: until 12:00\n12-31: closes at 1pm\n01-02: opens 10am\n",
    { 4, "doesn't say when it opens: write both times, such as 08:00-12:00" },
    { 5, "doesn't say when it opens" }, { 6, "doesn't say when it closes" } },
  { "hours.txt", HOURS .. "Mo-Fr: 9-5\nclosed: 12-25\n13-01: 08:00 to noon\n", { 3, "write mon-fri" },
    { 3, "write 09:00" }, { 4, "each date has a line" }, { 5, "13-01" }, { 5, "isn't a range" } },
}

describe("a mistake in a file beside the rules is told, and nothing that follows from it:", function()
  for _, case in ipairs(CASES) do
    local file, text = case[1], case[2]
    it(file .. " " .. text:gsub("\n", "|"), function()
      local files = { ["people.txt"] = PEOPLE, ["groups.txt"] = "crew: joe\n",
        ["hours.txt"] = HOURS .. "mon: 9am-5pm\n" }
      files[file] = text
      local said = problems.refused("forwarding.lua", 'return { { "a", go = voicemail() } }', {
        data = function(name) return files[name] end,
      })
      local n = 2
      for line, message in (said .. "\n"):gmatch("[^\n]-%.txt:(%d+): ([^\n]+)\n") do
        n = n + 1
        assert.is_table(case[n], said)
        assert.equal(case[n][1], tonumber(line), said)
        assert.is_truthy(message:find(case[n][2], 1, true), said)
      end
      assert.equal(#case, n, said)
    end)
  end
end)

describe("a heading of people.txt that can't be read", function()
  it("is told alone, and nothing that follows from it", function()
    for _, oncall in ipairs { "people: joe", "people: ana, joe", "people: ana\n2026-12-24: joe" } do
      local files = {
        ["people.txt"] = "[joe\nphone: +13035550142\n\n[ana]\nphone: +13035550177\n",
        ["groups.txt"] = "crew: joe, ana\n",
        ["oncall.txt"] = "[nights]\nzone: UTC\nevery: week\nfrom: 2026-01-05 08:00\n" .. oncall .. "\n",
      }
      local told = team.messages(team.read(function(name) return files[name] end, "US"))
      assert.equal(2, #told, oncall)
      for line, message in ipairs(told) do
        assert.is_truthy(message:find(("people.txt:%d: "):format(line), 1, true), message)
      end
    end
  end)
end)
