-- A museum: a tape for visitors in French or English, the desk for groups, and a season of its own.
local DESK = "+33155550142"
local SECURITY = "+33155550177"
local SEASON = hours {
  zone = "Europe/Paris",
  ["tue,wed,fri-sun"] = "10:00-18:00",
  thu = "10:00-21:00",
  closed = { "11-01..03-31", "05-01", "07-14" },
}
local FR, EN = { language = "fr-FR" }, { language = "en-GB", voice = "Polly.Amy" }

local TICKETS = say("Le billet coûte douze euros.", FR):otherwise(hangup())
local TICKETS_EN = say("A ticket is twelve euros.", EN):otherwise(hangup())

local CHOICES = {
  ["1"] = TICKETS,
  ["2"] = TICKETS_EN,
  ["9"] = ring(DESK, { seconds = 40, confirm = false }):otherwise(voicemail("Laissez un message.", FR)),
}

return {
  { "security lets itself in", when = function(call) return call.from == SECURITY end,
    go = ring(DESK, { seconds = 60, confirm = false }) },
  {
    "open",
    when = function(call) return SEASON:open_at(call.at) end,
    go = menu("Tarifs: 1. Prices: 2. Groupes, groups: 9.", CHOICES,
      { seconds = 8, tries = 3, language = "fr-FR" })
      :otherwise(say("Au revoir.", FR):otherwise(hangup())),
  },
  { "closed", go = play("https://media.example.com/ferme.mp3"):otherwise(hangup()) },

  examples = {
    { from = "+33155550177", at = "2026-04-14 03:00", expect = "ring +33155550142" },
    { at = "2026-04-14 10:00", expect = "menu" },
    { at = "2026-04-16 20:59", expect = "menu" },
    { at = "2026-04-17 18:00", expect = "play" },
    { at = "2026-04-13 12:00", expect = "play" },
    { at = "2026-11-03 12:00", expect = "play" },
  },
}
