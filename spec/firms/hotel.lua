-- A hotel: guests choose their language, and from eleven at night the porter alone answers.
local DESK, PORTER, KITCHEN = "+34915550142", "+34915550177", "+34915550166"
local ZONE = "Europe/Madrid"
local NIGHT = hours { zone = ZONE, ["mon-sun"] = "23:00-07:00" }
local BREAKFAST = hours { zone = ZONE, ["mon-fri"] = "7am-10:30am", ["sat-sun"] = "7:30am-11am" }

local ES = { language = "es-ES" }
local EN = { language = "en-GB" }

-- What follows the choice of a language.
local function reception(greeting, speech)
  return ring({ DESK, PORTER }, { seconds = 30 }):otherwise(voicemail(greeting, speech))
end

return {
  {
    "at night the porter",
    when = function(call) return NIGHT:open_at(call.at) end,
    go = ring(PORTER, { seconds = 45, confirm = false })
      :otherwise(voicemail("Por favor, deje su mensaje.", ES)),
  },
  {
    "breakfast rings in the kitchen, too",
    when = function(call)
      return BREAKFAST:open_at(call.at)
    end,
    go = ring { DESK, KITCHEN },
  },
  {
    "two languages",
    go = menu("Para español, pulse 1. For English, press 2.", {
      ["1"] = reception("Deje su nombre y su número, por favor.", ES),
      ["2"] = reception("Please leave your name and number.", EN),
    }, { language = "es-ES", tries = 1 }):otherwise(ring(DESK):otherwise(voicemail("Deje un mensaje.", ES))),
  },

  examples = {
    { at = "2026-03-09 23:00", expect = "ring +34915550177" },
    { at = "2026-03-10 06:59", expect = "ring +34915550177" },
    { at = "2026-03-10 07:00", expect = "ring +34915550142 +34915550166" },
    { at = "2026-03-14 07:15", expect = "menu" }, -- a Saturday: breakfast is half an hour later
    { at = "2026-03-10 10:30", expect = "menu" },
    { at = "2026-03-10 22:59", expect = "menu" },
  },
}
