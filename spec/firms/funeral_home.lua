-- A funeral home: never closed. By day the office, at night whoever has the fortnight, then the other one.
local OFFICE = "+15035550142"
local BROTHERS = { "+15035550177", "+15035550166" }

local DAY = hours { zone = "America/Los_Angeles", ["mon-fri"] = "08:30-17:00", sat = "09:00-12:00" }
local TURN = rota {
  zone = "America/Los_Angeles", every = { days = 14 }, from = "2026-01-02 17:00",
  BROTHERS[1],
  BROTHERS[2],
  ["2026-07-10"] = BROTHERS[1], -- a wedding
}

local function the_other(phone)
  for _, each in ipairs(BROTHERS) do
    if each ~= phone then
      return each
    end
  end
end

local function night(call)
  local first = TURN:at(call.at)
  return ring(first, { seconds = 20 })
    :on("declined", ring(the_other(first), { seconds = 20 }))
    :otherwise(ring(the_other(first), { seconds = 20 })
      :otherwise(voicemail("Please leave your number; we call you within minutes.")))
end

return {
  {
    "the office",
    when = function(call) return DAY:open_at(call.at) end,
    go = function(call)
      return ring(OFFICE, { seconds = 15, confirm = false })
        :otherwise(ring(TURN:at(call.at), { seconds = 20 }))
    end,
  },
  { "night", go = night },

  examples = {
    { at = "2026-01-02 17:00", expect = "ring +15035550177" },
    { at = "2026-01-16 16:59", expect = "ring +15035550142" },
    { at = "2026-01-16 17:00", expect = "ring +15035550166" },
    { at = "2026-07-11 09:30", expect = "ring +15035550142" },
  },
}
