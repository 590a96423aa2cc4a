-- IT support: what a customer has paid for comes from a lookup.
local DUTY = rota { zone = "America/New_York", every = { days = 3 }, from = "2026-01-01 09:00",
  "+12125550142", "+12125550177" }
local WORK = hours { zone = "America/New_York", ["mon-fri"] = "09:00-17:00", closed = { "4th thu nov",
  "07-04 if sat then previous fri" } }
local function level(call)
  local crm = call.lookups.crm
  return crm and crm.sla or "none"
end
return {
  { "gold, always", when = function(call) return level(call) == "gold" end,
    go = function(call) return ring(DUTY:at(call.at), { seconds = 40 })
      :otherwise(voicemail("We call back in 15 minutes.")) end },
  { "silver, by day", when = function(call) return level(call) == "silver" and WORK:open_at(call.at) end,
    go = function(call) return ring(DUTY:at(call.at)) end },
  { "rest", go = voicemail("Please write to support at example dot com.") },
  examples = {
    { lookups = { crm = { sla = "gold" } }, at = "2026-03-08 03:00", expect = "ring" },
    { lookups = { crm = { sla = "silver" } }, at = "2026-07-03 10:00", expect = "voicemail" },
  },
}
