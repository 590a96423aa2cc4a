-- A bakery: orders for the next day until noon, the shop's phone for everything else.
local SHOP, BAKER = "+13035550142", "+13035550177"
local OPEN = hours { zone = "America/Denver", ["tue-fri"] = "6:30am-6pm", sat = "6:30am-2pm",
  ["12-24"] = "06:00-12:00" }

return {
  {
    "orders before noon",
    when = function(call) return OPEN:open_at(call.at) and call.time.hour < 12 end,
    go = menu("To order for tomorrow, press 1. For the shop, press 2.", {
      ["1"] = ring(BAKER,
        { seconds = 20 }):otherwise(voicemail("Please say what you would like, and for when.")),
      ["2"] = ring(SHOP, { seconds = 25, confirm = false }),
    }),
  },
  { "shop", when = function(call) return OPEN:open_at(call.at) end, go = ring(SHOP, { seconds = 25 }) },
  { "closed", go = voicemail("We bake again tomorrow."):text("Order online until six.") },

  examples = {
    { at = "2026-03-10 09:00", expect = "menu" },
    { at = "2026-03-10 15:00", expect = "ring +13035550142" },
    { at = "2026-03-09 09:00", expect = "voicemail" },
  },
}
