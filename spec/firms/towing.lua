-- A towing service: motor clubs from a contacts file, nuisance callers from another, and calls that the
-- garage's own line forwards.
local DISPATCH, BACKUP, GARAGE = "+15125550142", "+15125550177", "+15125550100"
local CLUBS = contacts("motor_clubs.csv")
local NUISANCE = contacts("nuisance.txt")

local function is_club(call)
  return CLUBS[call.from] ~= nil
end

local function is_nuisance(call)
  if NUISANCE[call.from] then
    return true
  end
  local stir = call.caller.stir
  return stir ~= nil and stir:find("Failed", 1, true) ~= nil
end

return {
  { "nuisance", when = is_nuisance, go = reject("busy") },
  {
    "motor clubs skip the queue",
    when = is_club,
    go = ring({ DISPATCH, BACKUP }, { seconds = 40, confirm = false }),
  },
  {
    "the garage is closed and sends its callers here",
    when = function(call) return call.forwarded_from == GARAGE end,
    go = say("The garage is closed. For a tow truck, stay on the line.")
      :otherwise(ring(DISPATCH, { seconds = 30 })),
  },
  {
    "hidden numbers say where they are",
    when = function(call) return call.caller.anonymous end,
    go = voicemail("Please say where you are and give us a number."),
  },
  {
    "everybody else",
    go = ring(DISPATCH, { seconds = 20 })
      :on("busy", ring(BACKUP, { seconds = 20 }))
      :otherwise(ring(BACKUP, { seconds = 15 }))
      :text("We missed your call. Reply with your place and we send a truck."),
  },

  examples = {
    { from = "+15125550188", expect = "ring +15125550142 +15125550177" },
    { from = "+18005550111", expect = "reject" },
    { from = "+14155550100", forwarded_from = "+15125550100", expect = "say" },
    { from = "anonymous", expect = "voicemail" },
    { from = "+14155550100", caller = { stir = "TN-Validation-Failed-C" }, expect = "reject" },
    { from = "+14155550100", expect = "ring +15125550142" },
  },
}
