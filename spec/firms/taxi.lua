-- A taxi company: regular customers skip the queue of phones, a number that only wants to sell is turned
-- away.
local CARS = { "+13035550142", "+13035550177", "+13035550166" }
local REGULARS = { ["+13035550188"] = "Grace", ["+13035550199"] = "Linus" }
local SELLERS = { ["+18005550111"] = true }

return {
  { "sellers", when = function(call) return SELLERS[call.from] == true end, go = reject() },
  {
    "regulars",
    when = function(call) return REGULARS[call.from] ~= nil end,
    go = ring(CARS, { seconds = 20, confirm = false }):otherwise(voicemail("We call you back in a minute.")),
  },
  {
    "strangers",
    go = say("One moment, please."):otherwise(ring(CARS,
      { seconds = 40, confirm = false }):otherwise(voicemail())),
  },

  examples = {
    { from = "+18005550111", expect = "reject" },
    { from = "+13035550188", expect = "ring +13035550142 +13035550177 +13035550166" },
    { from = "+14155550100", expect = "say" },
  },
}
