-- Couriers with two depots in two time zones: the one that was called, else the one that is open.
local NORTH = { phone = "+13125550142",
  open = hours { zone = "America/Chicago", ["mon-sat"] = "06:00-20:00" } }
local WEST = { phone = "+14155550142",
  open = hours { zone = "America/Los_Angeles", ["mon-sat"] = "06:00-20:00" } }
local CALLED = { ["+13125550100"] = NORTH, ["+14155550100"] = WEST }

local function other(depot)
  return depot == NORTH and WEST or NORTH
end

return {
  {
    "the depot that was called",
    when = function(call)
      local depot = CALLED[call.to] or NORTH
      return depot.open:open_at(call.at)
    end,
    go = function(call) return ring((CALLED[call.to] or NORTH).phone):otherwise(voicemail()) end,
  },
  {
    "the other one",
    when = function(call) return other(CALLED[call.to] or NORTH).open:open_at(call.at) end,
    go = function(call) return ring(other(CALLED[call.to] or NORTH).phone):otherwise(voicemail()) end,
  },
  { "night", go = voicemail("Our depots open at six.") },

  examples = {
    { to = "+13125550100", at = "2026-03-09 07:00 America/Chicago", expect = "ring +13125550142" },
    { to = "+14155550100", at = "2026-03-09 07:00 America/Chicago", expect = "ring +13125550142" },
    { to = "+13125550100", at = "2026-03-09 21:00 America/Chicago", expect = "ring +14155550142" },
    { to = "+13125550100", at = "2026-03-09 23:30 America/Chicago", expect = "voicemail" },
  },
}
