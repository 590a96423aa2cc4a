-- commands.doctor: the checks of doctor.checks, for people and for scripts.

local checks = require("doctor.checks")
local config = require("config")
local json = require("json")
local Report = require("commands.shared.report")

local doctor = {}

---@param options table what the host has asked
---@param at integer milliseconds
---@return CommandResult
function doctor.run(options, at)
  local report, doubts = Report.new(), {}
  function report.doubt(_, why)
    doubts[#doubts + 1] = why
  end
  checks.run(report, options, at)
  local closing = "Calls should work."
  if not report.ok then
    closing = "Fix what is marked FAILED."
  elseif #doubts > 0 then
    closing = ("Nothing is broken, but calls may not work: %s."):format(table.concat(doubts, ", and "))
  elseif config.get("sandbox") then
    closing = "Calls in the sandbox should work. No real phone reaches it."
  end
  return report:result({ doubts = json.array(doubts) }, "\n" .. closing)
end

return doctor
