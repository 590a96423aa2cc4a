-- commands.hosts: the hosts on this database, and what is wrong with which.

local check = require("doctor.hosts")
local hosts = require("models.hosts")
local json = require("json")

local command = {}

local NONE = "No host runs on this database. Only databases on PostgreSQL list their hosts."
local LINE = "%-24s  %-8s  since %s  seen %s  rules %-5s  clock %s"

local function clock(at)
  return os.date("!%Y-%m-%d %H:%M:%S", at // 1000)
end

local function ahead(ms)
  return ms and ("%+.1f s"):format(ms / 1000) or "?"
end

---@return CommandResult
function command.run()
  local list, live = json.array(hosts.all()), hosts.rules()
  local lines, wrong, differing = {}, {}, check.differing(list)
  for _, host in ipairs(list) do
    host.problems, host.settings = check.problems(host, live, differing[host]), nil
    lines[#lines + 1] = LINE:format(host.name, host.version, clock(host.started_at), clock(host.seen_at),
      host.rules or "?", ahead(host.clock_ms))
    for _, problem in ipairs(host.problems) do
      wrong[#wrong + 1] = host.name .. " " .. problem
    end
  end
  table.move(wrong, 1, #wrong, #lines + 1, lines)
  if live then
    lines[#lines + 1] = ("The rules that are live are from %s, %s."):format(live.by_host, clock(live.at))
  end
  return { ok = true,
    value = { hosts = list, rules_by = live and live.by_host, rules_at = live and live.at },
    text = #list > 0 and table.concat(lines, "\n") or NONE }
end

return command
