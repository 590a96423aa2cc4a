-- A tutor: new callers get a text during lessons; none in August.
local ME = "+447400123456"
local LESSONS = hours { zone = "Europe/London", ["mon-thu"] = { "15:00-18:00", "19:00-20:00" },
  ["08-01..08-31"] = "closed" }
return {
  { "in a lesson", when = function(call) return LESSONS:open_at(call.at) and call.caller.prior_calls == 0 end,
    go = voicemail("I am teaching. Leave your number."):text("I am teaching, I will call you after eight.") },
  { "parents", go = ring(ME, { seconds = 20 }):otherwise(voicemail()) },
  examples = { { at = "2026-03-09 15:30", expect = "voicemail" }, { at = "2026-08-03 15:30",
    expect = "ring" } },
}
