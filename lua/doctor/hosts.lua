-- doctor.hosts: what is wrong with which of the hosts on this database.

local hosts = require("models.hosts")
local json = require("json")

local check = {}

local SILENT_S = 5 -- each is seen every second
local TAKEN_OVER_S = 3 -- each has new rules within a second
local CLOCK_MS = 2000 -- presence compares clocks

-- The hosts by what they have of a setting: those that began first come first.
local function groups_of(says, name)
  local groups, by_value = {}, {}
  for _, one in ipairs(says) do
    local value = one.has[name]
    if value and not by_value[value] then
      by_value[value] = {}
      groups[#groups + 1] = by_value[value]
    end
    if value then table.insert(by_value[value], one) end
  end
  return groups
end

--- Which settings hosts have otherwise than most of them, or than the one that began first: all must have
--- them alike. An older program doesn't say.
---@param list Host[]
---@return table<Host, { name: string, than: string }[]>
function check.differing(list)
  local says, names, seen, out = {}, {}, {}, {}
  for _, host in ipairs(list) do
    if host.settings and host.silent_s <= SILENT_S then
      says[#says + 1] = { host = host, has = json.decode(host.settings) }
    end
  end
  table.sort(says, function(a, b) return a.host.started_at < b.host.started_at end)
  for _, one in ipairs(says) do
    for name in pairs(one.has) do
      if not seen[name] then seen[name], names[#names + 1] = true, name end
    end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local groups, most = groups_of(says, name), 1
    for i, group in ipairs(groups) do
      if #group > #groups[most] then most = i end
    end
    for i, group in ipairs(groups) do
      for _, one in ipairs(i ~= most and group or {}) do
        out[one.host] = out[one.host] or {}
        table.insert(out[one.host], { name = name, than = groups[most][1].host.name })
      end
    end
  end
  return out
end

--- Sentences about what someone should look at, in the order of weight.
---@param host Host
---@param live { seq: integer, age_s: integer }? the rules that all should have
---@param differing { name: string, than: string }[]? as check.differing says
---@return string[]
function check.problems(host, live, differing)
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
  for _, one in ipairs(differing or {}) do
    say("has another %s than %s: all hosts need the same.", one.name, one.than)
  end
  if host.clock_ms and math.abs(host.clock_ms) > CLOCK_MS then
    say("has a clock %.1f s %s the database's: run NTP on both.", math.abs(host.clock_ms) / 1000,
      host.clock_ms > 0 and "ahead of" or "behind")
  end
  return out
end

---@param report DoctorReport
function check.run(report)
  local live, list = hosts.rules(), hosts.all()
  local differing = check.differing(list)
  for _, host in ipairs(list) do
    for _, problem in ipairs(check.problems(host, live, differing[host])) do
      report:say("warn", "host", host.name, problem)
    end
  end
end

return check
