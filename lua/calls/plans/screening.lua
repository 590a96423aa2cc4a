-- screening.lua: which phones of a ring ask whoever picks up to accept the call.
--
--   screening.asks_to_press(step, phone?)   are phones (or is this one) asked to press 1, or for a PIN?
--   screening.asks_for_pin(step, phone?)    … for a PIN?
--   screening.needs_pin(step)               do all its phones ask for a PIN?
--   screening.seconds(step)                 the time that adds to the ringing

local screening = {}

-- The announcement, and the wait for a key; a PIN takes longer to type, and is sometimes typed again.
screening.WHISPER_SECONDS, screening.PIN_SECONDS = 10, 20

local NONE = {}

--- Browsers never are.
---@param step PlanStep
---@param phone string? only this one
---@return boolean? nil: the step doesn't ring a phone, or not this one
function screening.asks_to_press(step, phone)
  local asked
  for _, target in ipairs(step.targets or NONE) do
    if target.phone and (not phone or target.phone == phone) then
      local confirm = target.confirm
      if confirm == nil then confirm = step.confirm end
      asked = asked or confirm ~= false
    end
  end
  return asked
end

---@param step PlanStep
---@param phone string? only this one
---@return boolean
function screening.asks_for_pin(step, phone)
  for _, target in ipairs(step.targets or NONE) do
    if target.pin and (not phone or target.phone == phone) then
      return true
    end
  end
  return false
end

--- Can nobody who picks up a phone of this ring take the call without a PIN?
---@param step PlanStep
---@return boolean
function screening.needs_pin(step)
  for _, target in ipairs(step.targets or NONE) do
    if target.phone and not target.pin then
      return false
    end
  end
  return screening.asks_for_pin(step)
end

---@param step PlanStep a ring
---@return integer
function screening.seconds(step)
  return screening.asks_for_pin(step) and screening.PIN_SECONDS
    or screening.asks_to_press(step) and screening.WHISPER_SECONDS or 0
end

return screening
