-- voice/team_phones.lua: the phones of people.txt, and which of them are of someone who is away.
--
--   team_phones.name(phone)         -> whose it is
--   team_phones.away(at, people?)   -> targets that aren't rung, and until when
--
-- The files of a VM stay as they are, so they are read once.

local away = require("models.away")
local config = require("config")
local memo = require("hookswitch.memo")
local problems = require("calls.rules.problems")
local sources = require("sources")

local team_phones = {}

-- Of each phone: { id, name, user } of whoever has it.
local function owners_in(people)
  local people_of = {}
  for _, person in ipairs(people) do
    for _, phone in ipairs(person.phones) do
      people_of[phone.number] = people_of[phone.number] or {}
      table.insert(people_of[phone.number], person)
    end
  end
  return people_of
end

local live_owners

local function owners()
  if not live_owners then
    local read = problems.beside(sources.text("forwarding.lua") or "", sources.text, config.get("country"))
    live_owners = owners_in(read.people)
  end
  return live_owners
end

---@param phone string
---@return string? name
function team_phones.name(phone)
  local first = (owners()[phone] or {})[1]
  return first and (first.name or first.id)
end

-- The first moment at which one of them is back; nil: one is there.
local function first_back(people, ends)
  local back = math.maxinteger
  for _, person in ipairs(people) do
    local ends_at = person.user and ends[person.user]
    if not ends_at then
      return nil
    end
    back = math.min(back, ends_at)
  end
  return back
end

local function targets_of(people_of)
  local ends, found = away.ends("all"), {}
  if not next(ends) then
    return found
  end
  for user_id, ends_at in pairs(ends) do found["user:" .. user_id] = ends_at // 1000 end
  for phone, people in pairs(people_of or owners()) do
    local back = first_back(people, ends)
    found[phone] = back and back // 1000
  end
  return found
end

local live_targets = memo(function() return targets_of() end)

--- The browsers of users who are away, and the phones that people.txt gives them.
---@param at integer milliseconds
---@param people TeamPerson[]? who would be in people.txt; nil: who is
---@return table<string, integer>? "user:42" or a phone -> seconds since 1970; nil: everyone is there
function team_phones.away(at, people)
  local found
  for target, ends_at in pairs(people and targets_of(owners_in(people)) or live_targets("all")) do
    if ends_at * 1000 > at then
      found = found or {}
      found[target] = ends_at
    end
  end
  return found
end

return team_phones
