-- commands.forget: everything known of a caller is deleted.

local audit = require("models.audit")
local forget = require("twilio.upkeep.forget")
local result = require("commands.shared.result")

local command = {}

local counted = result.counted

---@param options { phone: string, me: string }
---@param now integer milliseconds
---@return CommandResult
function command.run(options, now)
  if not options.phone:find("^%+[1-9]%d%d%d%d%d%d%d?%d?%d?%d?%d?%d?%d?%d?$") then
    return result.refused("usage", ("%s isn't a phone number: write it with + and country code, such as "
      .. "+13035550142"):format(options.phone))
  end
  local done, message, code = forget.caller(nil, options.phone, audit.operator(options, now))
  if not done then
    return result.refused(code, message)
  end
  local text = ("Forgot %s: %s, %s at Twilio, %s; replaced with zeros %s."):format(options.phone,
    counted(done.calls, "call"), counted(done.recordings, "recording"), counted(done.rows, "other row"),
    counted(done.crossed_out, "time"))
  return result.done(done.complete and text or text .. "\n" .. message, done)
end

return command
