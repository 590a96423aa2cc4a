-- An animal clinic: German hours with lunch breaks, a weekly rota at night, hidden numbers press 1.
local PRACTICE = "+4930901820142"
local DRS = { weber = "+4930901820177", klein = "+4930901820166" }
local OPEN = hours { zone = "Europe/Berlin", ["mon,tue,thu"] = "08:30-12:00, 15:00-18:30",
  fri = "08:30-14:00",
  closed = { "easter+1", "easter-2", "12-24..01-01" } }
local NIGHTS = rota { zone = "Europe/Berlin", every = "week", from = "2026-01-05 18:30", DRS.weber, DRS.klein,
  ["2026-12-24"] = DRS.klein }

return {
  { "practice", when = function(call) return OPEN:open_at(call.at) end,
    go = ring(PRACTICE, { seconds = 25, confirm = false }):otherwise(voicemail("Praxis",
      { language = "de-DE" })) },
  { "emergency", go = menu("Für einen Notfall drücken Sie die 1.", {
      ["1"] = voicemail(),
    }, { language = "de-DE" }):otherwise(voicemail()),
    when = function(call) return call.caller.anonymous end },
  { "night",
    go = function(call) return ring(NIGHTS:at(call.at), { seconds = 30 }):otherwise(voicemail()) end },
  examples = {
    { at = "2026-03-10 09:00", expect = "ring +4930901820142" },
    { at = "2026-03-11 09:00", expect = "ring" },
    { at = "2026-04-06 09:00", expect = "ring +4930901820177" },
    { from = "anonymous", at = "2026-03-10 03:00", expect = "menu" },
  },
}
