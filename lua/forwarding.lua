-- forwarding.lua: who rings when someone calls.
--
-- The first rule whose `when` is true decides. Save the file and the next call
-- follows it; a file with a mistake is refused and the old rules stay. Try it:
--   build/hookswitch simulate --from +13035550123 --at "2026-03-09 09:30 America/Denver"
--
-- A rule is { "name", when = function(call) … end, go = plan }. The plans:
--   ring(phone or user or { several }, { seconds = 20, confirm = true })
--   voicemail("Greeting")   say("Text")   play("https://…")   reject()   hangup()
--   menu("Press 1 for …", { ["1"] = plan, ["2"] = plan })   twiml { twiml.say { … }, … }
-- and what comes next if nobody answers:
--   :on("busy" | "no_answer" | "failed" | "declined", plan)   :otherwise(plan)
--
-- `hours { … }` are opening hours, `rota { … }` says who is on call.
-- `call` has from, to, at, time, number, owner, caller, line, forwarding and lookups.
-- If no rule matches, the settings made in the console decide. That is all this
-- file does until you uncomment a rule below or write your own.

-- local JOE, ANA = "+13035550142", "+13035550177"
-- local VIPS = { ["+13035550188"] = "Grace", ["+13035550199"] = "Linus" }
-- local OFFICE = hours {
--   zone = "America/Denver",
--   ["mon-fri"] = "07:00-17:30",
--   sat = "08:00-13:00",
--   closed = { "12-25", "01-01", "2026-07-03" },
-- }

return {
  -- {
  --   "VIPs ring both of us, day or night",
  --   when = function(call) return VIPS[call.from] ~= nil end,
  --   go = ring({ JOE, ANA }, { seconds = 25 }):otherwise(voicemail("Leave a message, we call back today.")),
  -- },
  -- {
  --   "outside office hours",
  --   when = function(call) return not OFFICE:open_at(call.at) end,
  --   go = voicemail("We are closed. Please leave your name and number."),
  -- },
  -- {
  --   "during office hours the owner's browser rings, then Joe",
  --   go = function(call) return ring(call.owner):otherwise(ring(JOE)):otherwise(voicemail()) end,
  -- },

  -- Checked at every save; an example that does not hold refuses the file.
  -- examples = {
  --   { from = "+13035550188", at = "2026-11-22 03:00", expect = "ring +13035550142 +13035550177" },
  --   { from = "+13035550100", at = "2026-12-25 10:00", expect = "voicemail" },
  -- },
}
