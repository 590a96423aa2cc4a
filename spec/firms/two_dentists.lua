-- A dentist with two doctors, each on their own days.
local DESK, ANNA, BEN = "+13035550142", "+13035550177", "+13035550166"
local ANNAS = hours { zone = "America/Denver", ["mon-wed"] = "8am-5pm" }
local BENS = hours { zone = "America/Denver", ["thu-fri"] = "8am-5pm" }
local function doctor(call)
  if ANNAS:open_at(call.at) then return ANNA end
  if BENS:open_at(call.at) then return BEN end
end
return {
  { "pain", when = function(call) return doctor(call) ~= nil end,
    go = function(call)
      return ring(DESK, { seconds = 15 }):on("busy",
        ring(doctor(call), { seconds = 15 })):otherwise(voicemail())
    end },
  { "closed", go = voicemail("We are closed. If you are in pain, call the emergency dentist.") },
  examples = {
    { at = "2026-03-09 09:00", expect = "ring +13035550142" },
    { at = "2026-03-14 09:00", expect = "voicemail" },
  },
}
