-- A school: sick notes are taken by a machine in the morning, holidays are long.
local OFFICE = "+441632960142"
local TERM = hours {
  zone = "Europe/London",
  ["mon-fri"] = "08:00-16:30",
  closed = { "07-22..09-02", "12-19..01-04" },
}
local MORNING = hours { zone = "Europe/London", ["mon-fri"] = "06:30-08:00",
  closed = { "07-22..09-02", "12-19..01-04" } }

return {
  {
    "sick notes",
    when = function(call) return MORNING:open_at(call.at) end,
    go = voicemail("Please say your child's name and class, and why they stay at home."),
  },
  {
    "term",
    when = function(call) return TERM:open_at(call.at) end,
    go = ring(OFFICE, { seconds = 30, confirm = false }):otherwise(voicemail()),
  },
  { "closed", go = say("The school is closed."):otherwise(hangup()) },

  examples = {
    { at = "2026-03-09 07:00", expect = "voicemail" },
    { at = "2026-03-09 10:00", expect = "ring +441632960142" },
    { at = "2026-08-03 10:00", expect = "say" },
    { at = "2026-12-24 10:00", expect = "say" },
  },
}
