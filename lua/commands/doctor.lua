-- commands.doctor: the checks of doctor.checks, for people and for scripts.

local checks = require("doctor.checks")
local Report = require("commands.report")

local doctor = {}

---@param options table what the host has asked
---@param at integer milliseconds
---@return CommandResult
function doctor.run(options, at)
  local report = Report.new()
  checks.run(report, options, at)
  return report:result(nil, report.ok and "\nCalls should work." or "\nSomething has to be done: see FAILED.")
end

return doctor
