-- voice/team_phones.lua: the phones of people.txt, and which of them are of someone who is away.
--
--   team_phones.name(phone)         -> whose it is
--   team_phones.user_name(user_id)  -> what the files call a user
--   team_phones.away(at, people?)   -> targets that aren't rung, and until when
--   team_phones.pin_fits(phone, pin)   is it the PIN of someone who has this phone?
--
-- The files of a VM stay as they are, so they are read once.

local away = require("models.away")
local config = require("config")
local crypto = require("crypto")
local log = require("log")
local memo = require("hookswitch.memo")
local pins = require("calls.team.pins")
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

local live_people, live_owners

local function everyone()
  if not live_people then
    local team_beside = require("calls.team.beside") -- which few calls need
    live_people = team_beside.read(sources.text("forwarding.lua") or "", sources.text,
      config.get("country")).people
  end
  return live_people
end

local function owners()
  live_owners = live_owners or owners_in(everyone())
  return live_owners
end

---@param phone string
---@return string? name
function team_phones.name(phone)
  local first = (owners()[phone] or {})[1]
  return first and (first.name or first.id)
end

---@param user_id string
---@return string? name
function team_phones.user_name(user_id)
  for _, person in ipairs(everyone()) do
    if person.user == user_id then
      return person.name or person.id
    end
  end
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

--- Nobody's when they have none any more: then nobody takes the call.
---@param phone string
---@param pin string as it was typed
---@return boolean? nil: that can't be told at the moment
function team_phones.pin_fits(phone, pin)
  if #pin > pins.LONGEST or not pin:find(pins.PATTERN) then
    return false
  end
  for _, person in ipairs(owners()[phone] or {}) do
    local fits, message, code = false, nil, nil
    if person.pin then fits, message, code = crypto.password_verify(person.pin, pin) end
    if fits then
      return true
    elseif code == "busy" then
      return nil
    elseif message then
      log.error("pin_not_checked", { name = person.id, message = message })
    end
  end
  return false
end

return team_phones
