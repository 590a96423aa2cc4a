-- A tennis club with a season each.
local COURTS = { summer = hours { zone = "America/Denver", ["mon-sun"] = "07:00-21:00",
  closed = { "10-01..04-15" } },
  winter = hours { zone = "America/Denver", ["sat-sun"] = "10:00-16:00", closed = { "04-16..09-30" } } }
local KEEPER = "+13035550142"
local function is_open(call)
  for _, season in pairs(COURTS) do if season:open_at(call.at) then return true end end
  return false
end
return {
  { "open", when = is_open, go = ring(KEEPER):on("no_answer", ring("+13035550177")):otherwise(voicemail()) },
  { "closed", go = voicemail("The club is closed.") },
  examples = { { at = "2026-07-01 20:00", expect = "ring" }, { at = "2026-12-05 12:00", expect = "ring" },
    { at = "2026-12-07 12:00", expect = "voicemail" } },
}
