-- An estate agency: each board in a garden has a number of its own, and its agent sees which was called.
local AGENTS = {
  maya = { phone = "+16175550142", days = { mon = true, tue = true, wed = true } },
  theo = { phone = "+16175550177", days = { thu = true, fri = true, sat = true } },
}
local BOARDS = {
  ["+16175550101"] = { street = "Elm Street 4", agent = AGENTS.maya },
  ["+16175550102"] = { street = "Mill Lane 12", agent = AGENTS.theo },
  ["+16175550103"] = { street = "Harbour View", agent = AGENTS.theo },
}
local OFFICE = "+16175550100"
local SHOWING = "+16175550155"

local function agent_of(call)
  local board = BOARDS[call.to]
  return board and board.agent
end

local function works_today(agent, call)
  local now = call:time_in("America/New_York")
  return agent.days[now.weekday] and now.hour >= 9 and now.hour < 19
end

return {
  {
    "the agent of that board, on her days",
    when = function(call)
      local agent = agent_of(call)
      return agent ~= nil and works_today(agent, call)
    end,
    go = function(call)
      local agent = agent_of(call)
      return ring(agent.phone, { seconds = 20, caller_id = "called" })
        :on("busy", ring(SHOWING, { seconds = 15, caller_id = "called" }))
        :otherwise(voicemail("You called about " .. BOARDS[call.to].street .. ". Please leave your number."))
    end,
  },
  {
    "a board at other times",
    when = function(call) return BOARDS[call.to] ~= nil end,
    go = function(call)
      return voicemail(("You called about %s. Please leave your number."):format(BOARDS[call.to].street))
        :text("Thank you for your interest. We will call you back on the next working day.")
    end,
  },
  { "the office", go = ring(OFFICE):otherwise(voicemail()) },

  examples = {
    { to = "+16175550101", at = "2026-03-09 10:00 America/New_York", expect = "ring +16175550142" },
    { to = "+16175550101", at = "2026-03-12 10:00 America/New_York", expect = "voicemail" },
    { to = "+16175550102", at = "2026-03-12 10:00 America/New_York", expect = "ring +16175550177" },
    { to = "+16175550103", at = "2026-03-12 19:00 America/New_York", expect = "voicemail" },
    { to = "+16175550999", at = "2026-03-12 19:00 America/New_York", expect = "ring +16175550100" },
  },
}
