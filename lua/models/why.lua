-- models.why: a call with everything that explains it.
--
-- It reads the rules of the version that decided from the stored text: the live file
-- may differ by now.

local call_log = require("models.call_log")
local decisions = require("models.decisions")
local explain = require("calls.report.why")
local json = require("json")
local repairs = require("models.call_repairs")
local rules = require("rules")
local scope = require("hookswitch.scope")
local timeline = require("calls.report.timeline")
local versions = require("models.rule_versions")

local why = {}

local KEPT = 20 -- versions whose rules are remembered
local known, count = {}, 0

-- Names and lines of a version's rules; none if it isn't known, or reads files that have changed.
local function rules_of(version)
  local stored = versions.get(version)
  local text = stored and versions.text(stored, explain.FILE)
  local opened = text and rules.open(text)
  if not opened then
    return {}
  end
  local set <close> = opened
  return set.list()
end

local function list_of(version)
  if not version then
    return {}
  elseif not known[version] then
    if count >= KEPT then
      known, count = {}, 0
    end
    known[version], count = rules_of(version), count + 1
  end
  return known[version]
end

--- Add to a row of the call log its legs, its recordings, its trace, its timeline, and what was learned from
--- Twilio's record because no report of it had come.
---@param call table
---@return table call
function why.explain(call)
  call.legs = json.array(call_log.legs(call.call_sid))
  call.recordings = json.array(call_log.recordings(call.call_sid))
  call.learned_later = repairs.of(call.call_sid)
  local trace = decisions.trace(call.call_sid)
  if trace then
    explain.explain(trace, trace.source ~= "outgoing" and list_of(trace.rule_version) or {})
    local input = not scope.is_team and type(trace.inputs) == "table" and trace.inputs.call
    if type(input) == "table" then input.away = nil end -- of everybody, which only a team shares
  end
  call.trace = trace or json.null
  call.timeline = json.array(timeline.of(call))
  return call
end

return why
