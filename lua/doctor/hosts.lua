-- doctor.hosts: what is wrong with which of the hosts on this database.

local hosts = require("models.hosts")
local json = require("json")

local check = {}

local SILENT_S = 5 -- each is seen every second
local TAKEN_OVER_S = 3 -- each has new rules within a second
local CLOCK_MS = 2000 -- presence compares clocks

--- Sentences about what someone should look at, in the order of weight.
---@param host Host
---@param live { seq: integer, age_s: integer }? the rules that all should have
---@return string[]
function check.problems(host, live)
  local out = json.array {}
  local function say(...)
    out[#out + 1] = (...):format(select(2, ...))
  end
  if host.silent_s > SILENT_S then
    say("was last seen %d s ago: it stopped without leaving, or can't reach the database.", host.silent_s)
  end
  if host.rules_problem and host.rules_problem ~= "" then
    say("keeps version %s of the rules: %s", host.rules or "?", host.rules_problem)
  elseif host.rules_seq and live and host.rules_seq ~= live.seq and live.age_s > TAKEN_OVER_S then
    say("doesn't have the live rules yet; it still answers with version %s.", host.rules or "?")
  end
  if host.clock_ms and math.abs(host.clock_ms) > CLOCK_MS then
    say("has a clock %.1f s %s the database's: run NTP on both.", math.abs(host.clock_ms) / 1000,
      host.clock_ms > 0 and "ahead of" or "behind")
  end
  return out
end

---@param report DoctorReport
function check.run(report)
  local live = hosts.rules()
  for _, host in ipairs(hosts.all()) do
    for _, problem in ipairs(check.problems(host, live)) do
      report:say("warn", "host", host.name, problem)
    end
  end
end

return check
