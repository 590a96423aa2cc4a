-- A hotline that is always there: three phones one after the other, then all of them.
local FIRST, SECOND, THIRD = "+13035550142", "+13035550177", "+13035550166"
local EVERYBODY = { FIRST, SECOND, THIRD }

return {
  {
    "always",
    go = ring(FIRST, { seconds = 10, confirm = false })
      :on("busy", ring(EVERYBODY, { seconds = 20, confirm = false }):otherwise(voicemail()))
      :otherwise(ring(SECOND, { seconds = 10, confirm = false })
        :otherwise(ring(EVERYBODY,
          { seconds = 20, confirm = false }):otherwise(voicemail("We call you back at once.")))),
  },

  examples = {
    { at = "2026-03-08 03:00", expect = "ring +13035550142" },
    { from = "anonymous", expect = "ring +13035550142" },
  },
}
