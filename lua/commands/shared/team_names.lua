-- commands.shared.team_names: people and groups of the files beside the rules, where a command takes phones.
--
--   team_names.expanded("group crew, +1303…", span)   -> "+13035550142, +13035550177, +1303…"; or nil and the
--                                                     reason
--
-- A person stands for the phones and browsers that ring first, and a group for those of its people. Whoever
-- is away at some time of the span isn't rung, as in a rule; a phone written as a number is.

local away = require("calls.plans.away")
local config = require("config")
local sources = require("sources")
local targets = require("calls.plans.targets")
local team = require("calls.team.team")
local team_beside = require("calls.team.beside")

local team_names = {}

local KINDS = { person = "people", group = "groups" }

--- As it is on disk, also when that is refused.
local function on_disk(name)
  return (sources.saved(name))
end

local function name_of(target)
  return target.phone or "user:" .. target.user
end

--- Append whom a person or group rings first to `names`, and who of them is away to `absent`.
local function add_first(made, span, names, absent)
  local entries, rung = targets.entries(made), {}
  for _, target in ipairs(targets.together(entries)[1]) do
    local name = name_of(target)
    if not away.both(target.away, span) then rung[name], names[#names + 1] = true, name end
  end
  for i, person in ipairs(targets.is_group(made) and made or { made }) do
    local first = entries[i][1][1]
    if not rung[name_of(first)] then
      absent[#absent + 1] = { person = person.person, ends_at = first.away.to }
    end
  end
end

--- Why a name isn't known: it may be on a line that can't be read.
local function unreadable(read)
  for _, problem in ipairs(read.problems) do
    if problem.file == team.FILES.people or problem.file == team.FILES.groups then
      return ("%s:%d: %s"):format(problem.file, problem.line, problem.message)
    end
  end
end

--- group crew, group "crew", group:crew, crew. Nil: it's something else.
local function named(read, part)
  local word, name = part:match("^(%a+)[%s:]+[\"']?([^\"']+)[\"']?$")
  local kind = word and KINDS[word:lower()]
  if kind then
    return team.find(read, kind, name)
  end
  return part:lower() ~= "voicemail" and (read.made.people[part] or read.made.groups[part]) or nil
end

---@param text string
---@param span AwaySpan when they would be rung
---@return string? phones empty if all of them are away
---@return string? message
---@return { person: string, ends_at: integer }[]? absent who isn't rung, seconds since 1970
function team_names.expanded(text, span)
  if not text:find("%a") then
    return text, nil, {}
  end
  local read = team_beside.read(on_disk("forwarding.lua") or "", on_disk, config.get("country"))
  local parts, absent = {}, {}
  for part in text:gmatch("[^,]+") do
    part = part:match("^%s*(.-)%s*$")
    local made, message = named(read, part)
    if message then
      return nil, unreadable(read) or message
    elseif made then
      add_first(made, span, parts, absent)
    else
      parts[#parts + 1] = part
    end
  end
  return table.concat(parts, ", "), nil, absent
end

return team_names
