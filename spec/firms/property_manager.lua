-- A property manager: the caretaker of the house whose tenant calls, from a lookup, with a text to whom
-- nobody answers.
local OFFICE = "+13035550142"

return {
  {
    "tenants",
    when = function(call) return call.lookups.house ~= nil end,
    go = function(call)
      return ring(call.lookups.house.caretaker, { seconds = 20 })
        :otherwise(ring(OFFICE, { seconds = 20 }))
        :otherwise(voicemail("Please say the house and what is broken."))
        :text("Sorry we missed you. Reply with a photo of what is broken.")
    end,
  },
  { "everybody else", go = ring(OFFICE):otherwise(voicemail()) },

  examples = {
    { lookups = { house = { caretaker = "+13035550177" } }, expect = "ring +13035550177" },
    { lookups = {}, expect = "ring +13035550142" },
  },
}
