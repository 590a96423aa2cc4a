-- commands.why: one call, and why it went where it went.

local call_log = require("models.call_log")
local config = require("config")
local explained = require("calls.report.why_words")
local json = require("json")
local numbers = require("models.numbers")
local result = require("commands.shared.result")
local team_words = require("calls.report.team_words")
local tz = require("tz")
local versions = require("models.rule_versions")
local why = require("models.why")

local command = {}

-- The clocks that a call is told by: those of the number that was called or shown.
local function zone_of(call)
  local zone = call.phone_number_id and numbers.zone(call.phone_number_id)
  return zone and tz.exists(zone) and zone or config.get("timezone")
end

-- What hours and rotas of the version that decided said when the call came.
local function team_of(call)
  local version = call.trace ~= json.null and call.trace.rule_version
  local stored = version and version ~= json.null and versions.get(version)
  local source = stored and versions.text(stored, "forwarding.lua")
  return source and team_words.lines(source, function(name) return versions.text(stored, name) end,
    config.get("country"), call.started_at // 1000) or {}
end

---@param options { sid: string }
---@return CommandResult
function command.run(options)
  local call = call_log.of_anybody(options.sid)
  if not call then
    return result.refused("call_not_found", ("no call %s in the log"):format(options.sid))
  end
  local leg
  if call.parent_call_sid then
    -- A leg has no reasons of its own: those of the call that it belongs to.
    leg, call = call, call_log.of_anybody(call.parent_call_sid)
    if not call then
      return result.refused("call_not_found", ("%s is a leg of call %s, which isn't in the log"):format(
        options.sid, leg.parent_call_sid))
    end
  end
  why.explain(call)
  return result.done(explained.report(call, zone_of(call), leg, team_of(call)), call)
end

return command
