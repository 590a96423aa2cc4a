-- Software support in two places: Dublin until six, then Boston. Customers with a contract are tagged.
local DUBLIN, BOSTON = { "+35315550142", "+35315550177" }, { "+16175550142", "+16175550177" }
local LEAD = user "7"

local EUROPE = hours { zone = "Europe/Dublin", ["mon-fri"] = "08:00-18:00",
  closed = { "03-17", "12-25", "12-26" } }
local AMERICA = hours { zone = "America/New_York", ["mon-fri"] = "08:00-18:00",
  closed = { "07-04", "12-25" } }

local function tagged(call, ...)
  for i = 1, select("#", ...) do
    local wanted = select(i, ...)
    for _, tag in ipairs(call.caller.tags) do
      if tag == wanted then return true end
    end
  end
  return false
end

local function team_now(call)
  return (EUROPE:open_at(call.at) and DUBLIN) or (AMERICA:open_at(call.at) and BOSTON) or nil
end

local function has_contract(call) return tagged(call, "gold", "silver") end

return {
  {
    "gold, day and night",
    when = function(call) return tagged(call, "gold") end,
    go = function(call)
      local team = team_now(call)
      local lead = ring(LEAD, { seconds = 15 })
        :otherwise(voicemail("The engineer on duty will call you at once."))
      if team then
        return ring(team, { order = "round_robin", seconds = 10, confirm = false }):otherwise(lead)
      end
      return lead
    end,
  },
  {
    "a contract, and someone works",
    when = function(call) return has_contract(call) and team_now(call) ~= nil end,
    go = function(call) return ring(team_now(call), { seconds = 30, confirm = false }) end,
  },
  {
    "a contract, and nobody works",
    when = has_contract,
    go = voicemail("We open at eight, Dublin time. Please say what does not work."),
  },
  {
    "no contract",
    go = say("Support is for customers with a contract. Please write to us."):otherwise(hangup()),
  },

  examples = {
    { caller = { tags = { "gold" } }, at = "2026-03-09 09:00 Europe/Dublin", expect = "ring +35315550142" },
    { caller = { tags = { "gold" } }, at = "2026-03-08 09:00 Europe/Dublin", expect = "ring user:7" },
    { caller = { tags = { "silver" } }, at = "2026-03-17 15:00 Europe/Dublin",
      expect = "ring +16175550142 +16175550177" },
    { caller = { tags = { "silver" } }, at = "2026-03-17 09:00 Europe/Dublin", expect = "voicemail" },
    { caller = { tags = {} }, at = "2026-03-09 09:00 Europe/Dublin", expect = "say" },
  },
}
