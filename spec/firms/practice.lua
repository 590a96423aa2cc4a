-- A doctor's practice: closed at lunch, on Wednesday afternoons and on holidays; emergencies at night go to
-- the doctor on call.
local DESK, DOCTOR = "+13035550142", "+13035550177"
local OPEN = hours {
  zone = "America/Denver",
  ["mon,tue,thu,fri"] = "08:00-12:00, 13:30-17:00",
  wed = "08:00-12:00",
  closed = { "12-25", "01-01", "07-04" },
}

return {
  { "open", when = function(call) return OPEN:open_at(call.at) end, go = ring(DESK):otherwise(voicemail()) },
  {
    "closed",
    go = menu("We are closed. In an emergency, press 1.", { ["1"] = ring(DOCTOR, { seconds = 30 }) })
      :otherwise(voicemail("Please leave your name and number.")),
  },

  examples = {
    { at = "2026-03-09 09:00", expect = "ring +13035550142" },
    { at = "2026-03-09 12:30", expect = "menu" },
    { at = "2026-03-11 14:00", expect = "menu" },
    { at = "2026-12-25 10:00", expect = "menu" },
  },
}
