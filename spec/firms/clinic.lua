-- A clinic that screens strangers, and knows its patients by tag.
local DESK, NURSE = "+13035550142", "+13035550177"

local function is_tagged(call, wanted)
  for _, tag in ipairs(call.caller.tags) do
    if tag == wanted then
      return true
    end
  end
  return false
end

return {
  { "urgent", when = function(call) return is_tagged(call, "urgent") end,
    go = ring({ NURSE, DESK }, { seconds = 30 }) },
  { "patients", when = function(call) return call.caller.prior_calls > 0 end,
    go = ring(DESK):otherwise(voicemail()) },
  {
    "strangers",
    go = menu("To reach the clinic, press 5.", { ["5"] = ring(DESK):otherwise(voicemail()) }, { tries = 1 })
      :otherwise(say("Goodbye."):otherwise(hangup())),
  },

  examples = {
    { caller = { tags = { "urgent" } }, expect = "ring +13035550177 +13035550142" },
    { caller = { prior_calls = 3 }, expect = "ring +13035550142" },
    { caller = { prior_calls = 0 }, expect = "menu" },
  },
}
