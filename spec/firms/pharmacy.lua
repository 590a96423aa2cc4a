-- A pharmacy: short Saturdays, feast days that move with Easter, and a pharmacist on duty for each day of the
-- fortnight.
local COUNTER = "+43125550142"
local DUTY = {
  anna = "+43125550177",
  jakob = "+43125550166",
  lena = "+43125550155",
}

local OPEN = hours {
  zone = "Europe/Vienna",
  ["mon-fri"] = "08:00-18:00",
  sat = "08:00-12:00",
  ["12-24"] = "08:00-12:00",
  ["12-31"] = "08:00-12:00",
  closed = { "01-01", "easter+1", "05-01", "easter+39", "easter+50", "10-26", "12-25", "12-26" },
}

local ON_DUTY = rota {
  zone = "Europe/Vienna",
  every = "day",
  from = "2026-01-01 08:00",
  DUTY.anna, DUTY.jakob, DUTY.lena,
  ["2026-12-24..2026-12-25"] = DUTY.lena,
}

return {
  { "open", when = function(call) return OPEN:open_at(call.at) end,
    go = ring(COUNTER, { seconds = 25, confirm = false }):otherwise(voicemail()) },
  { "urgent or not", go = function(call)
    local whoever = ON_DUTY:at(call.at)
    return menu("The pharmacy is closed. If it is urgent, press 1. For our opening hours, press 2.", {
      [1] = ring(whoever, { seconds = 30 }):otherwise(voicemail("Please leave your number.")),
      [2] = say("We are open from eight to six, and on Saturdays until noon."),
    }):otherwise(voicemail("Please leave your name and number."))
  end },

  examples = {
    { at = "2026-03-09 08:00", expect = "ring +43125550142" },
    { at = "2026-03-14 12:00", expect = "menu" },
    { at = "2026-04-06 10:00", expect = "menu" }, -- Easter Monday
    { at = "2026-05-14 10:00", expect = "menu" }, -- Ascension Day
    { at = "2026-12-24 11:00", expect = "ring" },
    { at = "2026-12-24 13:00", expect = "menu" },
  },
}
