-- ical.lua: whom calendars name, for ical_test.mjs. Reads lines of JSON { text, zone, from, to, ask } and
-- answers each with { turns = { { from, till, who }, … }, problems =, ms =, who = of each instant in ask }
-- or { why = }.
dofile("spec/support/native.lua")
local json = require("json")
local team_calendar = require("calls.team.calendar")
local turns = require("calls.ical.turns")

--- Who is on call at some instants, as a rule is told, from what the host keeps.
local function answers(list, asked)
  local kept = team_calendar.read(team_calendar.text { nights = list }).nights
  local made = team_calendar.new(kept, function(name) return name end, "nobody", asked.zone)
  local who = json.array {}
  for i, at in ipairs(asked.ask or {}) do who[i] = made:at(at) end
  return who
end

for line in io.lines() do
  local asked = json.decode(line)
  local began = os.clock()
  local list, problems = turns.read(asked.text, asked)
  local ms = (os.clock() - began) * 1000
  if list then
    local out = json.array {}
    for i, turn in ipairs(list) do out[i] = { turn.from, turn.till, turn.who } end
    print(json.encode { turns = out, problems = json.array(problems), ms = ms, who = answers(list, asked) })
  else
    print(json.encode { why = problems, ms = ms })
  end
end
