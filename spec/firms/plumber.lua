-- Two plumbers who share a phone number: both ring in the day, at night whoever has the week.
local JOE, ANA = "+13035550142", "+13035550177"
local DAY = hours { zone = "America/Denver", ["mon-sat"] = "07:00-19:00" }
local NIGHTS = rota { zone = "America/Denver", every = "week", from = "2026-01-05 07:00", JOE, ANA }

return {
  {
    "day",
    when = function(call) return DAY:open_at(call.at) end,
    go = ring({ JOE, ANA }, { seconds = 25 }):otherwise(voicemail("We call back within the hour.")),
  },
  {
    "night",
    go = function(call) return ring(NIGHTS:at(call.at), { seconds = 40 }):otherwise(voicemail()) end,
  },

  examples = {
    { at = "2026-03-09 09:00", expect = "ring +13035550142 +13035550177" },
    { at = "2026-01-06 22:00", expect = "ring +13035550142" },
    { at = "2026-01-13 22:00", expect = "ring +13035550177" },
  },
}
