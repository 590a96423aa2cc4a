-- A car rental at an airport, open past midnight.
local DESK, MANAGER = "+13035550142", "+13035550177"
local FLIGHTS = hours { zone = "America/Denver", ["mon-sun"] = "05:00-01:00", ["12-25"] = "10:00-20:00" }
return {
  { "desk", when = function(call) return FLIGHTS:open_at(call.at) end,
    go = ring({ DESK, user "7" }, { seconds = 20, caller_id = "called" })
      :on("busy", menu("All agents are busy. To wait press 1, to leave a message press 2.",
        { ["1"] = ring(MANAGER, { seconds = 20 }), ["2"] = voicemail() }))
      :otherwise(voicemail("Leave your reservation number.")) },
  { "breakdown at night",
    go = say("For a breakdown stay on the line."):otherwise(ring(MANAGER):otherwise(voicemail())) },
  examples = { { at = "2026-03-09 00:30", expect = "ring" }, { at = "2026-03-09 03:30", expect = "say" } },
}
