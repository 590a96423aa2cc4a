-- A workshop: one person, a line that may be busy, and a winter break.
local OWNER = "+13035550142"
local OPEN = hours { zone = "America/Denver", ["mon-fri"] = "07:30-16:00", closed = { "12-20..01-06" } }

return {
  {
    "talking",
    when = function(call) return call.line.busy end,
    go = say("I am on the phone. Please leave a message."):otherwise(voicemail()),
  },
  {
    "open",
    when = function(call) return OPEN:open_at(call.at) end,
    go = function(call) return ring(call.owner,
      { seconds = 15 }):otherwise(ring(OWNER, { seconds = 20 })) end,
  },
  { "closed", go = voicemail("The workshop is closed.") },

  examples = {
    { line = { busy = true, online = true }, at = "2026-03-09 10:00", expect = "say" },
    { at = "2026-03-09 10:00", expect = "ring user:1" },
    { at = "2026-12-22 10:00", expect = "voicemail" },
  },
}
