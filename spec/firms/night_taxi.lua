-- A taxi rank: regulars, people who never pay, weekend nights.
local CARS = { "+13035550142", "+13035550177", "+13035550166" }
local REGULARS = contacts("nuisance.txt")
local BLOCKED = { ["+13035550190"] = true }
return {
  { "no thanks", when = function(call) return BLOCKED[call.from] end, go = reject("busy") },
  { "regulars", when = function(call) return REGULARS[call.from] ~= nil end,
    go = ring(CARS, { order = "longest_idle", seconds = 10,
      confirm = false }):otherwise(voicemail("We call you back.")) },
  { "weekend nights", when = function(call)
      local t = call.time
      return (t.weekday == "fri" or t.weekday == "sat") and (t.hour >= 22 or t.hour < 4)
    end, go = ring(CARS, { seconds = 20 }) },
  { "others", go = say("All taxis are on the road."):otherwise(ring(CARS[1])) },
  examples = {
    { from = "+13035550190", expect = "reject" },
    { at = "2026-03-13 23:00", expect = "ring" },
  },
}
