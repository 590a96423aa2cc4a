-- A vet: the practice in the day, the vet on call by weekday at night.
local PRACTICE, MAX, EVA = "+4930901820142", "+4930901820177", "+4930901820166"
local DAY = hours { zone = "Europe/Berlin", ["mon-fri"] = "08:00-18:00", sat = "09:00-12:00",
  closed = { "12-24..12-26" } }
local MAXS_NIGHTS = hours { zone = "Europe/Berlin", ["mon-wed"] = "18:00-08:00" }

return {
  { "day", when = function(call) return DAY:open_at(call.at) end,
    go = ring(PRACTICE):otherwise(voicemail()) },
  {
    "Max's nights",
    when = function(call) return MAXS_NIGHTS:open_at(call.at) end,
    go = ring(MAX, { seconds = 30 }):otherwise(ring(EVA, { seconds = 10 })),
  },
  { "Eva's nights", go = ring(EVA, { seconds = 30 }):otherwise(ring(MAX, { seconds = 10 })) },

  examples = {
    { at = "2026-03-09 10:00", expect = "ring +4930901820142" },
    { at = "2026-03-09 23:00", expect = "ring +4930901820177" },
    { at = "2026-03-13 23:00", expect = "ring +4930901820166" },
    { at = "2026-12-25 12:00", expect = "ring +4930901820166" },
  },
}
