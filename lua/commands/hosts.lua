-- commands.hosts: the hosts on this database, and what is wrong with which.

local hosts = require("models.hosts")
local json = require("json")

local command = {}

local SILENT_S = 5 -- each is seen every second
local TAKEN_OVER_S = 3 -- each has new rules within a second
local CLOCK_MS = 2000 -- presence compares clocks

local NONE = "No host runs on this database. Only databases on PostgreSQL list their hosts."
local LINE = "%-24s  %-8s  since %s  seen %s  rules %-5s  clock %s"

local function clock(at)
  return os.date("!%Y-%m-%d %H:%M:%S", at // 1000)
end

local function ahead(ms)
  return ms and ("%+.1f s"):format(ms / 1000) or "?"
end

-- Sentences about what someone should look at, in the order of weight.
local function problems(host, live)
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

---@return CommandResult
function command.run()
  local list, live = json.array(hosts.all()), hosts.rules()
  local lines, wrong = {}, {}
  for _, host in ipairs(list) do
    host.problems = problems(host, live)
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
