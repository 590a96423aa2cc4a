-- models.hosts: the processes on one database. Each writes its row itself, every second
-- (host/store/postgres/bus.c); a file has none.

local db = require("db")

local hosts = {}

---@class Host
---@field name string the machine's name and the port
---@field version string of the program
---@field started_at integer milliseconds, by the database's clock, as the next
---@field seen_at integer

--- By name.
---@return Host[]
function hosts.all()
  return db:query("SELECT name, version, started_at, seen_at FROM hosts ORDER BY name, started_at")
end

--- Which host made the rules live that all have, and when.
---@return { by_host: string, at: integer }?
function hosts.rules()
  return db:one("SELECT by_host, at FROM rule_current")
end

return hosts
