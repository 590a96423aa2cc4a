-- people.lua: people.txt and groups.txt: who can be rung by name.
--
--   team_people.person(section, tell, country)   -> TeamPerson; tell(field or section, message) what is wrong
--   team_people.person_fields(person)            -> its lines
--   team_people.groups(section, tell)            -> TeamGroup[]
--   team_people.group_fields(groups)             -> their lines

local identity = require("calls.parties.identity")
local mistake = require("calls.mistake")
local policy = require("calls.parties.policy")
local team_away = require("calls.team.away")
local team_fields = require("calls.team.fields")
local written_number = require("calls.parties.written_number")

local team_people = {}

local FIELDS = { name = true, user = true, phone = true, pin = true, away = true }
local MOST_PHONES = 10
local LONGEST_NAME, LONGEST_ID = 100, 128 -- bytes
local UNCONFIRMED = "no confirm"
local HASH = "^scrypt%$1[0-8]%$8%$1%$([%w_-]+)%$([%w_-]+)$"
local SALT_LENGTH, HASH_LENGTH = 22, 43 -- of 16 and 32 bytes in base64url

---@class TeamPerson
---@field id string what rules, groups and rotas call them
---@field name string? for people to read
---@field user string? id of the console's user, whose browsers ring with the first phone
---@field phones { number: string, confirm: boolean }[] in the order in which they ring
---@field pin string? hash of what is typed to take a call, instead of 1
---@field away Away? not rung until then

---@class TeamGroup
---@field id string
---@field people string[]

local function once(entry, name, field, tell)
  if entry[name] then
    tell(field, ("%s is there twice"):format(name))
    return false
  end
  return true
end

--- "+13035550142, no confirm"
local function read_phone(person, field, tell, country)
  local written, rest = field.value:match("^(.-)%s*,%s*(.*)$")
  if rest and rest:lower() ~= UNCONFIRMED then
    tell(field, ('can\'t read %s behind the number; the only word there is "no confirm"'):format(
      mistake.show(rest)))
    return
  end
  local number, message = written_number.read(written or field.value, country)
  local bare = not rest and field.value:lower():match("^(.-)%s+" .. UNCONFIRMED .. "$")
  if bare then message = ("a comma is missing: write %s, %s"):format(bare, UNCONFIRMED) end
  local ok, refused = true, nil
  if number then ok, refused = policy.check(number) end
  if not number or not ok then
    tell(field, message or (refused:gsub("%.$", "")), number and "phone_refused" or nil)
    return
  end
  for _, phone in ipairs(person.phones) do
    if phone.number == number then
      tell(field, number .. " is there twice", "phone_twice")
      return
    end
  end
  person.phones[#person.phones + 1] = { number = number, confirm = rest == nil }
  field.meaning = number .. (rest and ", " .. UNCONFIRMED or "")
end

-- What people call a phone.
local PHONES = { mobile = true, cell = true, number = true, tel = true, telephone = true, desk = true,
  handy = true, mobil = true, telefon = true, ["teléfono"] = true, ["móvil"] = true, portable = true }

local function read_field(person, field, tell, country)
  local key = field.key:lower()
  field.kind, field.meaning = key, field.value
  if not FIELDS[key] then
    tell(field, ("a person has no field %s%s: use name, user, phone, pin or away"):format(
      mistake.show(field.key), PHONES[key] and ' (did you mean "phone"?)' or mistake.nearest(key, FIELDS)))
  elseif field.value == "" then
    tell(field, ("%s is empty: fill it in, or delete the line"):format(key))
  elseif key == "phone" then
    read_phone(person, field, tell, country)
  elseif key == "name" and once(person, "name", field, tell) then
    person.name = field.value
    if #field.value > LONGEST_NAME then tell(field, ("name: at most %d bytes"):format(LONGEST_NAME)) end
  elseif key == "away" and once(person, "away", field, tell) then
    local message
    person.away, message = team_away.read(field.value)
    if message then tell(field, message) end
    field.meaning = person.away and team_away.text(person.away)
  elseif key == "pin" and once(person, "pin", field, tell) then
    person.pin = field.value
    -- What stands there may be the PIN itself, so no message shows it.
    local salt, hash = field.value:match(HASH)
    if not salt or #salt ~= SALT_LENGTH or #hash ~= HASH_LENGTH then
      tell(field, "this isn't the hash of a PIN; write the line that `hookswitch pin` prints")
    end
  elseif key == "user" and once(person, "user", field, tell) then
    person.user = identity.user(field.value) or field.value
    field.meaning = person.user
    if #person.user > LONGEST_ID then tell(field, ("user: at most %d bytes"):format(LONGEST_ID)) end
  end
end

---@param section DataSection
---@param tell fun(where: DataField|DataSection, message: string, code: string?)
---@param country string
---@return TeamPerson
function team_people.person(section, tell, country)
  local person = { id = section.name, phones = {} }
  local told = false
  local function noting(where, message, code)
    told = true
    tell(where, message, code)
  end
  for _, field in ipairs(section.fields) do read_field(person, field, noting, country) end
  local asks = false
  for _, phone in ipairs(person.phones) do asks = asks or phone.confirm end
  if person.pin and not asks and not told then
    tell(section, "no phone asks for the pin: add one, or remove \"no confirm\" from one", "pin_unasked")
  elseif #person.phones > MOST_PHONES then
    tell(section, ("a person has at most %d phones"):format(MOST_PHONES))
  elseif #person.phones == 0 and not person.user and not told and not section.unread then
    tell(section,
      "nothing to ring: add a line such as phone: +13035550142, or user: with a console user's id",
      "no_phone")
  end
  return person
end

---@param person TeamPerson
---@return WantedField[]
function team_people.person_fields(person)
  local list = {}
  if person.name then list[#list + 1] = { key = "name", value = person.name } end
  if person.user then list[#list + 1] = { key = "user", value = person.user } end
  for _, phone in ipairs(person.phones) do
    list[#list + 1] = { key = "phone", value = phone.number .. (phone.confirm and "" or ", " .. UNCONFIRMED) }
  end
  if person.pin then list[#list + 1] = { key = "pin", value = person.pin } end
  if person.away then list[#list + 1] = { key = "away", value = team_away.text(person.away) } end
  return list
end

---@param section DataSection the whole file
---@param tell fun(where: DataField|DataSection, message: string, code: string?)
---@return TeamGroup[]
function team_people.groups(section, tell)
  local list = {}
  for _, field in ipairs(section.fields) do
    local group, seen = { id = field.key, people = {} }, {}
    for _, name in ipairs(team_fields.names(field.value)) do
      if seen[name] then
        tell(field, ("%s is there twice"):format(mistake.show(name)))
      else
        group.people[#group.people + 1], seen[name] = name, true
      end
    end
    if #group.people == 0 and not section.unread then
      tell(field, "nobody is in this group: write joe, ana")
    end
    field.meaning = table.concat(group.people, ", ")
    group.field = field
    list[#list + 1] = group
  end
  return list
end

---@param groups TeamGroup[]
---@return WantedField[]
function team_people.group_fields(groups)
  local list = {}
  for i, group in ipairs(groups) do
    list[i] = { key = group.id, value = table.concat(group.people, ", ") }
  end
  return list
end

return team_people
