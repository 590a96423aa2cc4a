-- models.hosts: the processes on one database. Each writes its row itself, every second
-- (host/store/postgres/bus/bus.c); a file has none.

local db = require("db")

local hosts = {}

---@class Host
---@field name string the machine's name and the port
---@field version string of the program
---@field started_at integer milliseconds, by the database's clock, as the next
---@field seen_at integer
---@field silent_s integer since then; every host is seen each second
---@field rules integer? the version of the rules that answers calls there
---@field rules_seq integer? the change it follows; an older program doesn't say
---@field rules_problem string? why newer rules aren't live there
---@field clock_ms integer? its clock, ahead of the database's
---@field settings string? JSON: a short hash of each setting that all must have alike

--- All hosts, by name.
---@return Host[]
function hosts.all()
  return db:query([[
    SELECT name, version, started_at, seen_at, MAX(unixepoch() - seen_at / 1000, 0) AS silent_s,
      rules, rules_seq, rules_problem, clock_ms, settings
    FROM hosts ORDER BY name, started_at]])
end

--- Which host made the current rules live, when, and how long ago.
---@return { by_host: string, at: integer, seq: integer, age_s: integer }?
function hosts.rules()
  return db:one("SELECT by_host, at, seq, unixepoch() - at / 1000 AS age_s FROM rule_current")
end

return hosts
