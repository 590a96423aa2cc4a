-- A dentist: the clock on the wall decides, new patients are greeted, and every missed call gets a text.
local DESK, ASSISTANT = "+13125550142", "+13125550177"
local SORRY = "Sorry we missed you. Reply with a good time and we will call you back."

local function is_workday(time)
  return time.weekday ~= "sat" and time.weekday ~= "sun"
end

local function is_lunch(time)
  return time.hour == 12 or (time.hour == 13 and time.minute < 30)
end

local function is_open(call)
  local time = call:time_in("America/Chicago")
  return is_workday(time) and time.hour >= 8 and time.hour < 17 and not is_lunch(time)
end

return {
  {
    "Friday afternoons are for surgery",
    when = function(call)
      local time = call:time_in("America/Chicago")
      return time.weekday == "fri" and time.hour >= 14 and time.hour < 17
    end,
    go = voicemail("The doctor is operating. Please leave a message."):text(SORRY),
  },
  {
    "patients we know",
    when = function(call)
      return is_open(call) and (call.caller.name ~= nil or call.caller.prior_calls >= 1)
    end,
    go = ring({ DESK, ASSISTANT }, { seconds = 25 }):otherwise(voicemail()):text(SORRY),
  },
  {
    "new patients",
    when = is_open,
    go = say("Welcome. We will be with you in a moment.")
      :otherwise(ring(DESK, { seconds = 30 }):otherwise(voicemail("Please leave your name and number.")))
      :text(SORRY),
  },
  {
    "closed",
    go = menu("The practice is closed. In pain? Press 1.", {
      ["1"] = ring(ASSISTANT, { seconds = 30 }),
    }):otherwise(voicemail("Please leave your name and number.")),
  },

  examples = {
    { at = "2026-03-13 14:00 America/Chicago", expect = "voicemail" },
    { at = "2026-03-13 10:00 America/Chicago", caller = { name = "Grace" },
      expect = "ring +13125550142 +13125550177" },
    { at = "2026-03-13 10:00 America/Chicago", caller = { prior_calls = 0 }, expect = "say" },
    { at = "2026-03-09 13:29 America/Chicago", expect = "menu" },
    { at = "2026-03-09 13:30 America/Chicago", caller = { prior_calls = 5 }, expect = "ring" },
    { at = "2026-03-07 10:00 America/Chicago", expect = "menu" },
  },
}
