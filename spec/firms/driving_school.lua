-- A driving school: a pupil reaches the instructor, who does not answer while driving.
local OFFICE <const> = "+442079460142"
local INSTRUCTORS <const> = {
  ines = "+442079460177",
  omar = "+442079460166",
}

local PUPILS = {
  { number = "+447700900101", instructor = "ines", hour = 9 },
  { number = "+447700900102", instructor = "omar", hour = 9 },
  { number = "+447700900103", instructor = "omar", hour = 10 },
}

-- The list by number.
local PUPIL_OF = {}
for _, pupil in ipairs(PUPILS) do
  PUPIL_OF[pupil.number] = pupil
end

local DAY = hours {
  zone = "Europe/London", ["mon-sat"] = "08:00-20:00",
  closed = { "easter-2", "easter+1", "last mon aug", "12-25", "12-26" },
}

local MESSAGE = voicemail("We are in the car. Please leave a message.")

return {
  {
    "a pupil whose lesson begins",
    when = function(call)
      local pupil = PUPIL_OF[call.from]
      if pupil == nil then
        return false
      end
      local time = call:time_in("Europe/London")
      return DAY:open_at(call.at) and time.hour == pupil.hour and time.minute <= 15
    end,
    go = function(call)
      local phone = INSTRUCTORS[PUPIL_OF[call.from].instructor]
      return ring(phone, { seconds = 25, confirm = false }):otherwise(MESSAGE)
    end,
  },
  {
    "pupils at other times",
    when = function(call) return PUPIL_OF[call.from] ~= nil end,
    go = MESSAGE:text("We are in the car and call you back after the lesson."),
  },
  {
    "the office",
    when = function(call) return DAY:open_at(call.at) end,
    go = ring(OFFICE)
      :on("no_answer", MESSAGE)
      :on("busy", say("The line is busy."):otherwise(MESSAGE))
      :otherwise(MESSAGE),
  },
  { "closed", go = MESSAGE },

  examples = {
    { from = "+447700900103", at = "2026-03-09 10:15", expect = "ring +442079460166" },
    { from = "+447700900103", at = "2026-03-09 10:16", expect = "voicemail" },
    { from = "+447700900101", at = "2026-04-06 09:00", expect = "voicemail" }, -- Easter Monday
    { from = "+14155550100", at = "2026-07-06 08:00", expect = "ring +442079460142" },
    { from = "+14155550100", at = "2026-08-31 10:00", expect = "voicemail" },
  },
}
