-- twilio.rename: a number's name, here and at Twilio.
--
--   rename(row, name, write)
--
-- Twilio is told first, which takes a while: meanwhile someone else may have
-- renamed the number, or the write may be refused. Then Twilio is told once more
-- what stands here, so both end with the same name.

local at_twilio = require("twilio.numbers")
local log = require("log")
local numbers = require("models.numbers")

local ROUNDS = 3 -- someone may be renaming it again

local function tell(sid, name)
  return at_twilio.update(sid, { FriendlyName = name })
end

local function settle(row)
  local told
  for _ = 1, ROUNDS do
    local name = numbers.name(row.id)
    if not name or name == told then
      return
    end
    local done, message = tell(row.twilio_sid, name)
    if not done then
      log.warn("name_not_settled", { number = row.phone_number, message = message })
      return
    end
    told = name
  end
end

---@param row table of the number, as it was read
---@param name string? nil: it keeps its name
---@param write fun(note: fun(now: table)): table? writes the row and notes what it was just before
---@return table? row what `write` gave
---@return string? message of Twilio: nothing was written
---@return string? code
local function rename(row, name, write)
  if not name or not row.twilio_sid then
    return write(function() end)
  end
  local told = name ~= row.friendly_name
  if told then
    local done, message, code = tell(row.twilio_sid, name)
    if not done then
      return nil, message, code
    end
  end
  local before
  local ok, written = pcall(write, function(now) before = now.friendly_name end)
  if ok and written then
    if before ~= row.friendly_name then
      settle(row)
    end
  elseif told then
    settle(row)
  end
  if not ok then
    error(written, 0)
  end
  return written
end

return rename
