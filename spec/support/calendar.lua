-- calendar.lua: asks hours and rotas about many moments, for calendar_test.mjs.
-- Each line of the file arg[1] is JSON: { hours = the text of hours { … }, rota = the text of rota { … },
-- at = { seconds, … }, next = { seconds, … }, away = { "until …", … } }.
dofile("spec/support/native.lua")
local json = require("json")
local team_away = require("calls.team.away")
local words = require("calls.rules.words").environment {}

local function made(source)
  return assert(load("return " .. source, "=made", "t", words))()
end

for line in io.lines(arg[1]) do
  local case = assert(json.decode(line))
  local open, on_call, later, taken = {}, {}, {}, {}
  local hours, rota = made(case.hours), made(case.rota)
  for i, at in ipairs(case.at) do
    open[i] = hours:open_at(at) and "1" or "0"
    on_call[i] = rota:at(at):sub(-1)
  end
  for i, at in ipairs(case.next) do
    later[i] = hours:next_change(at) or 0
    taken[i] = rota:next_change(at) or 0
  end
  local away = {}
  for i, text in ipairs(case.away) do away[i] = team_away.span(assert(team_away.read(text))).to end
  print(json.encode { away = away, open = table.concat(open), rota = table.concat(on_call),
    next_hours = later, next_rota = taken })
end
