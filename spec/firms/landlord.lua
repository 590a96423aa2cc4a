-- A landlord of two houses; in winter the heating comes first.
local HOUSES = { ["+13035550100"] = "Elm Street", ["+13035550101"] = "Oak Avenue" }
local KEEPER = { ["Elm Street"] = "+13035550142", ["Oak Avenue"] = "+13035550177" }
return {
  { "heating", when = function(call) return call.time.month >= 10 or call.time.month <= 4 end,
    go = function(call)
      local house = HOUSES[call.to] or "Elm Street"
      return menu("If your heating in " .. house .. " is out, press 1.", { ["1"] = ring(KEEPER[house]) })
    end },
  { "others", go = voicemail("Please leave your name and flat.") },
  examples = { { to = "+13035550101", at = "2026-01-05 10:00", expect = "menu" },
    { at = "2026-06-01 10:00", expect = "voicemail" } },
}
