-- commands.why: one call, and why it went where it went.

local call_log = require("models.call_log")
local config = require("config")
local explained = require("calls.report.why_words")
local numbers = require("models.numbers")
local tz = require("tz")
local who = require("commands.who")
local why = require("models.why")

local command = {}

-- The clocks that a call is told by: those of the number that was called or shown.
local function zone_of(call)
  local zone = call.phone_number_id and numbers.zone(call.phone_number_id)
  return zone and tz.exists(zone) and zone or config.get("timezone")
end

---@param options { sid: string }
---@return CommandResult
function command.run(options)
  local call = call_log.of_anybody(options.sid)
  if not call then
    return who.refused("call_not_found", ("There is no call %s in the log."):format(options.sid))
  end
  local leg
  if call.parent_call_sid then
    -- A leg has no reasons of its own: those of the call that it belongs to.
    leg, call = call, call_log.of_anybody(call.parent_call_sid)
    if not call then
      return who.refused("call_not_found", ("%s is a leg of call %s, which is not in the log."):format(
        options.sid, leg.parent_call_sid))
    end
  end
  why.explain(call)
  return { ok = true, text = explained.report(call, zone_of(call), leg), value = call }
end

return command
