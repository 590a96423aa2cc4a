-- A law office: clients reach their lawyer, strangers the desk, and numbers that hide leave a message.
local DESK = "+12125550142"
local LAWYERS = { grace = "+12125550177", linus = "+12125550166" }
local CLIENTS = {
  ["+12125550188"] = LAWYERS.grace,
  ["+12125550199"] = LAWYERS.linus,
}
local OFFICE = hours { zone = "America/New_York", ["mon-fri"] = "09:00-18:00" }

return {
  { "hidden", when = function(call) return call.caller.anonymous end,
    go = voicemail("Please leave your number.") },
  {
    "clients",
    when = function(call) return CLIENTS[call.from] ~= nil end,
    go = function(call) return ring(CLIENTS[call.from],
      { seconds = 20 }):otherwise(ring(DESK, { seconds = 15 })) end,
  },
  { "day", when = function(call) return OFFICE:open_at(call.at) end, go = ring(DESK):otherwise(voicemail()) },
  { "night", go = voicemail("Our office opens at nine.") },

  examples = {
    { from = "+12125550188", at = "2026-03-07 23:00", expect = "ring +12125550177" },
    { from = "anonymous", at = "2026-03-09 10:00", expect = "voicemail" },
    { from = "+14155550100", at = "2026-03-09 10:00", expect = "ring +12125550142" },
    { from = "+14155550100", at = "2026-03-09 19:00", expect = "voicemail" },
  },
}
