-- A locksmith: at night callers hear the fee first.
local DAN = "+13035550142"
local DAY = hours { zone = "America/Denver", ["mon-sat"] = "07:00-22:00" }
local NIGHT_FEE = "At night we charge ninety dollars more. Press 1 to go on."
return {
  { "day", when = function(call) return DAY:open_at(call.at) end, go = ring(DAN, { seconds = 30 }) },
  { "night", go = menu(NIGHT_FEE, { ["1"] = ring(DAN, { seconds = 40 }):otherwise(voicemail()) },
    { tries = 1 })
      :otherwise(say("Good night.")) },
  examples = { { at = "2026-03-09 03:00", expect = "menu" } },
}
