-- A bakery: open before anybody is awake, closed on Mondays, and in December there are cakes to order.
local SHOP, BAKEHOUSE = "030 901820142", "+4930901820177"

local OPEN = hours {
  zone = "Europe/Berlin",
  ["tue-fri"] = "06:00-18:00",
  saturday = "6:00-13:00",
  sunday = "08:00-11:00",
  ["12-24"] = "06:00-12:00",
  ["easter-2"] = "closed",
  closed = { "12-25..12-26", "01-01..01-06" },
}
local DE = { language = "de-DE" }

return {
  {
    "cakes in December",
    when = function(call)
      return call:time_in("Europe/Berlin").month == 12 and OPEN:open_at(call.at)
    end,
    go = menu("Für eine Bestellung drücken Sie die 1, für den Laden die 2.", {
      ["1"] = ring(BAKEHOUSE, { seconds = 25 }):otherwise(voicemail("Bitte nennen Sie Ihre Bestellung.", DE)),
      ["2"] = ring(SHOP, { seconds = 25 }):otherwise(voicemail(DE)),
    }, DE):otherwise(ring(SHOP)),
  },
  { "open", when = function(call) return OPEN:open_at(call.at) end,
    go = ring(SHOP):otherwise(voicemail(DE)) },
  { "closed", go = say("Die Bäckerei ist geschlossen.", DE)
    :otherwise(voicemail("Bitte hinterlassen Sie eine Nachricht.", DE)) },

  examples = {
    { at = "2026-03-10 06:00", expect = "ring +4930901820142" },
    { at = "2026-03-09 10:00", expect = "say" }, -- a Monday
    { at = "2026-04-03 10:00", expect = "say" }, -- Good Friday
    { at = "2026-12-24 11:00", expect = "menu" },
    { at = "2026-12-24 12:00", expect = "say" },
    { at = "2026-12-06 10:00", expect = "menu" }, -- a Sunday
  },
}
