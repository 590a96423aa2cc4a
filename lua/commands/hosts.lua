-- commands.hosts: the hosts on this database.

local hosts = require("models.hosts")
local json = require("json")

local command = {}

local function clock(at)
  return os.date("!%Y-%m-%d %H:%M:%S", at // 1000)
end

---@return CommandResult
function command.run()
  local list, rules, lines = json.array(hosts.all()), hosts.rules(), {}
  for position, host in ipairs(list) do
    lines[position] = ("%-24s  %-8s  since %s  seen %s"):format(
      host.name, host.version, clock(host.started_at), clock(host.seen_at))
  end
  if rules then
    lines[#lines + 1] = ("The rules that are live are from %s, %s."):format(rules.by_host, clock(rules.at))
  end
  return { ok = true,
    value = { hosts = list, rules_by = rules and rules.by_host, rules_at = rules and rules.at },
    text = #lines > 0 and table.concat(lines, "\n") or "No host runs on this database, or it is a file." }
end

return command
