-- A cleaning company: a crew for each fortnight, key holders by site, and complaints go to the manager.
local MANAGER = "+61355550142"
local CREWS = {
  red = { "+61355550177", "+61355550166" },
  blue = { "+61355550155", "+61355550144" },
}
local SITES = { ["+61355550188"] = "red", ["+61355550199"] = "blue", ["+61355550133"] = "red" }

local ZONE = "Australia/Melbourne"
local HOURS = hours { zone = ZONE, ["mon-fri"] = "06:00-14:00, 16:00-22:00", sat = "08:00-12:00" }
local WEEKEND = rota { zone = ZONE, every = { days = 14 }, from = "2026-01-05 06:00", CREWS.red, CREWS.blue }

-- { "name", when, go } from its three parts.
local function rule(name, when, go)
  return { name, when = when, go = go }
end

local function both(one, other)
  return function(call) return one(call) and other(call) end
end

local function open(call) return HOURS:open_at(call.at) end
local function from_site(call) return SITES[call.from] ~= nil end
local function complains(call)
  for _, tag in ipairs(call.caller.tags) do
    if tag == "complaint" then
      return true
    end
  end
end

return {
  rule("complaints", complains, ring(MANAGER, { seconds = 30 })),
  rule("a site that has its crew", both(open, from_site), function(call)
    return ring(CREWS[SITES[call.from]], { seconds = 25 }):otherwise(ring(MANAGER, { seconds = 10 }))
  end),
  rule("working hours", open, ring(MANAGER, { seconds = 20 }):otherwise(voicemail())),
  rule("at all other times", nil, function(call)
    return ring(WEEKEND:at(call.at), { seconds = 30 })
      :otherwise(voicemail("Please say which site you call about."))
  end),

  examples = {
    { caller = { tags = { "complaint" } }, expect = "ring +61355550142" },
    { from = "+61355550199", at = "2026-03-09 06:00", expect = "ring +61355550155 +61355550144" },
    { from = "+61355550123", at = "2026-03-09 06:00", expect = "ring +61355550142" },
    { from = "+61355550123", at = "2026-01-11 15:00", expect = "ring +61355550177 +61355550166" },
    { from = "+61355550123", at = "2026-01-19 15:00", expect = "ring +61355550155 +61355550144" },
  },
}
