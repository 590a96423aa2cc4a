-- A restaurant: reservations by key, orders to the kitchen, and past midnight at the weekend.
local FRONT, KITCHEN = "+13035550142", "+13035550177"
local OPEN = hours {
  zone = "America/Denver",
  ["tue-thu"] = "17:00-23:00",
  ["fri,sat"] = "17:00-01:00",
  sun = "11:00-21:00",
}

return {
  {
    "open",
    when = function(call) return OPEN:open_at(call.at) end,
    go = menu("For a table, press 1. To order, press 2.", {
      ["1"] = ring(FRONT):otherwise(voicemail("Please leave your name, the day and how many you are.")),
      ["2"] = ring(KITCHEN, { seconds = 25 }):otherwise(ring(FRONT, { seconds = 15 })),
    }):otherwise(ring(FRONT)),
  },
  { "closed", go = voicemail("We open at five. Please leave your name and number.") },

  examples = {
    { at = "2026-03-10 18:00", expect = "menu" },
    { at = "2026-03-14 00:30", expect = "menu" }, -- Friday's night
    { at = "2026-03-09 18:00", expect = "voicemail" }, -- closed on Mondays
  },
}
