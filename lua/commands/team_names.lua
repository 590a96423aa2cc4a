-- commands.team_names: people and groups of the files beside the rules, where a command takes phones.
--
--   team_names.expanded("group crew, +1303…")   -> "+13035550142, +13035550177, +1303…"; nil and the reason
--
-- A person stands for the phones and browsers that ring first, and a group for those of its people.

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

--- What is rung first for a person or group, as text.
local function first_of(made)
  local names = {}
  for _, target in ipairs(targets.together(targets.entries(made))[1]) do
    names[#names + 1] = target.phone or "user:" .. target.user
  end
  return table.concat(names, ", ")
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
---@return string?
---@return string? message
function team_names.expanded(text)
  if not text:find("%a") then
    return text
  end
  local read = team_beside.read(on_disk("forwarding.lua") or "", on_disk, config.get("country"))
  local parts = {}
  for part in text:gmatch("[^,]+") do
    part = part:match("^%s*(.-)%s*$")
    local made, message = named(read, part)
    if message then
      return nil, unreadable(read) or message
    end
    parts[#parts + 1] = made and first_of(made) or part
  end
  return table.concat(parts, ", ")
end

return team_names
