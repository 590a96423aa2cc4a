-- A church office with few hours; services on Sunday, the pastor for the sick.
local OFFICE, PASTOR = "+13035550142", "+13035550177"
local H = hours { zone = "America/Chicago", tue = "09:00-12:00", thu = "09:00-12:00, 14:00-16:00",
  ["easter"] = "06:00-09:00" }
return {
  { "sunday", when = function(call) return call:time_in("America/Chicago").weekday == "sun" end,
    go = say("<speak>Services are at nine<break time='1s'/>and eleven.</speak>", { voice = "Polly.Joanna" })
      :otherwise(voicemail()) },
  { "office", when = function(call) return H:open_at(call.at) end, go = ring(OFFICE) },
  { "pastor", when = function(call)
      for _, t in ipairs(call.caller.tags) do if t == "sick" then return true end end end,
    go = ring(PASTOR) },
  { "rest", go = voicemail("The church office is closed.") },
  examples = {
    { at = "2026-03-08 10:00", expect = "say" },
    { at = "2026-03-10 10:00", expect = "ring +13035550142" },
    { at = "2026-03-09 10:00", expect = "voicemail" },
  },
}
