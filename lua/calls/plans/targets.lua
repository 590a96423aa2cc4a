-- targets.lua: reads whom a rule wants to ring.
--
--   targets.read(value)   one target or a list of them -> { { phone = "+1…" } | { user = "42" }, … }
--   targets.entries(value)   the same, in the order in which each entry rings them: its rounds
--   targets.user(id)      the word `user`: a browser of that user
--   targets.person(id, name, rounds), targets.group(people)   what `person` and `group` give
--   targets.is_named(value), targets.is_group(value), targets.user_id(value)   is it a person or a group, a
--                         group; whom `user` named
--
-- One target is a phone ("+13035550142", "(303) 555-0142"), a user (user "42", or the identity
-- "user_42"), a person of people.txt, whose phones ring one after the other, or a record that
-- has a phone or the id of a user: call.owner.

local away = require("calls.plans.away")
local freeze = require("calls.freeze")
local identity = require("calls.parties.identity")
local mistake = require("calls.mistake")
local policy = require("calls.parties.policy")
local written_number = require("calls.parties.written_number")

local MOST = 10
local PLUS = ("+"):byte()

local targets = {}

local FROZEN = "someone"

--- A read-only record, so that it can't carry state from call to call.
local function frozen(fields, word)
  return setmetatable({}, {
    __index = setmetatable(fields, { __index = function(_, key)
      mistake(("%s has no field %s%s: it is for ring(…)"):format(word, mistake.show(key),
        mistake.nearest(key, fields)))
    end }),
    __newindex = function() mistake("this cannot be changed") end,
    __metatable = FROZEN,
  })
end

local function user_id_of(id)
  if math.type(id) == "integer" then id = tostring(id) end
  if type(id) ~= "string" or id == "" or #id > 128 or id:find("%c") or not utf8.len(id) then
    mistake(("user needs the id of a user, not %s"):format(mistake.show(id)))
  end
  return id
end

-- Of persons and groups, out of the reach of rules.
local rounds_of = setmetatable({}, { __mode = "k" })
local people_of = setmetatable({}, { __mode = "k" })
local id_of = setmetatable({}, { __mode = "k" })

---@param id string|integer
---@return PlanTarget
function targets.user(id)
  local user = frozen({ user = user_id_of(id) }, ("user %q"):format(tostring(id)))
  id_of[user] = user.user
  return user
end

---@return string?
function targets.user_id(value)
  return id_of[value]
end

---@return boolean
function targets.is_named(value)
  return (rounds_of[value] or people_of[value]) ~= nil
end

---@return boolean
function targets.is_group(value)
  return people_of[value] ~= nil
end

---@param id string
---@param name string
---@param rounds PlanTarget[][] sound ones
---@return table
function targets.person(id, name, rounds)
  local person = frozen({ person = id, name = name }, ("person %q"):format(id))
  rounds_of[person] = rounds
  return person
end

---@param people table[] as targets.person gave them
---@return table
function targets.group(people)
  local step = freeze.stepper(people)
  setmetatable(people, { __index = function(_, key)
    if type(key) ~= "string" then
      return nil
    end
    mistake(("a group has no field %s: it is for ring(…)"):format(mistake.show(key)))
  end })
  local list = setmetatable({}, {
    __index = people, __len = function() return #people end,
    __pairs = function(group) return step, group, nil end,
    __newindex = function() mistake("a group is changed in groups.txt") end, __metatable = "group",
  })
  people_of[list] = people
  return list
end

-- Numbers that were found to be good: a file has few, and rings them in many calls.
local good, good_count = {}, 0
local MOST_GOOD = 1000

local function phone(value, policy_context, country)
  if policy_context == nil and good[value] then
    return { phone = value }
  end
  local number, why = value, nil
  if not value:find("^%+%d+$") and (value:find("%d") or value:find("^sips?:")) then
    number, why = written_number.read(value, country)
  end
  local ok, message, code = policy.check(number or value, policy_context)
  if not ok and value:find("^%a[%w_-]*$") then
    mistake(("ring: %s isn't a phone number: write it like +13035550142, or person %q for someone of "
      .. "people.txt"):format(mistake.show(value), value))
  elseif not ok then
    mistake("ring: " .. (code == "malformed" and why or message))
  end
  if policy_context == nil and number == value and good_count < MOST_GOOD then
    good[value], good_count = true, good_count + 1
  end
  return { phone = number or value }
end

--- One target, or nil if the value isn't one (it may be a list).
local function one(value, policy_context, country)
  if type(value) == "string" then
    local id = value:match("^user:(%w+)$") or value:match("^client:(%S+)$")
    if id then mistake(("ring: a user is written user %q, not %s"):format(id, mistake.show(value))) end
    local user_id = value:byte() ~= PLUS and identity.user(value)
    if user_id then
      return { user = user_id }
    end
    return phone(value, policy_context, country)
  elseif type(value) ~= "table" then
    return nil
  elseif people_of[value] then
    return nil
  elseif id_of[value] then
    return { user = id_of[value] }
  elseif type(value.phone) == "string" then
    return phone(value.phone, policy_context, country)
  end
  local id = value.user or value.id
  if type(id) == "string" or math.type(id) == "integer" then
    return { user = user_id_of(id) }
  end
end

--- A phone number that is in the file without its quotes.
local function refuse_number(value)
  if math.type(value) == "integer" and value > 9999999 then
    mistake(("ring: %d isn't a phone number: write it in quotes, with a plus, such as \"+13035550142\"")
      :format(value))
  end
end

--- Refuse list entries that would never ring: after a hole, or under a name.
local function refuse_lost(value)
  local count = 0
  while value[count + 1] ~= nil do count = count + 1 end
  for key in pairs(value) do
    if math.type(key) ~= "integer" then
      mistake(("ring takes a list of phones and users, such as { JOE, ANA }: nobody rings for %s%s"):format(
        mistake.show(key), type(key) == "string"
          and ". Options come behind it: ring({ JOE }, { seconds = 20 })" or ""))
    elseif key > count or key < 1 then
      mistake(("ring: entry %d of the list is nil, so entry %d would be lost"):format(count + 1, key))
    end
  end
end

local NOBODY = { { { user = "0" } } } -- in place of a wrong entry, while other mistakes are collected

local function refuse_entry(i, entry)
  refuse_number(entry)
  mistake(("ring: number %d of the list is neither phone nor user: %s"):format(i, mistake.show(entry)))
end

--- The rounds of one entry; nil when it is none.
local function rounds(value, policy_context, country)
  local single = not rounds_of[value] and one(value, policy_context, country)
  return rounds_of[value] or single and { { single } } or nil
end

local function add_entry(list, i, entry, policy_context, country)
  list[#list] = rounds(entry, policy_context, country) or refuse_entry(i, entry)
end

--- The entries of a list, groups in it as their people.
local function add_entries(list, value, policy_context, country)
  for i, entry in ipairs(value) do
    if people_of[entry] then
      add_entries(list, people_of[entry], policy_context, country)
    else
      list[#list + 1] = NOBODY
      mistake.apart(add_entry, list, i, entry, policy_context, country)
    end
  end
end

---@param value any what the author gave to ring
---@param policy_context table?
---@param country string? of numbers written without one
---@return PlanTarget[][][] of each entry, whom it rings first, second, …; at least one
function targets.entries(value, policy_context, country)
  local made = type(value) == "table" and getmetatable(value)
  if made == "rota" or made == "hours" then
    mistake(made == "rota" and "ring: a rota needs a time: ring(ONCALL:at(call.at))"
      or "ring needs a phone or a user, not opening hours")
  end
  local single = rounds(value, policy_context, country)
  if single then
    return { single }
  end
  if type(value) ~= "table" then
    refuse_number(value)
    mistake(("ring needs a phone or a user, not %s%s"):format(mistake.show(value),
      type(value) == "function" and ": call it, as in doctor(call)" or ""))
  end
  if made == nil or made == "read-only" then refuse_lost(value) end
  local list = {}
  add_entries(list, value, policy_context, country)
  if #list == 0 then mistake("ring: the list is empty") end
  return list
end

--- Those of `from` that were not seen yet, behind the others of a list that rings together. A phone of two
--- people is away while both are, and asks for a PIN if one of them has one.
local function add_new(list, from, seen)
  for _, target in ipairs(from) do
    local key = target.phone or "user:" .. target.user
    local known = seen[key]
    if not known then
      known = {
        phone = target.phone, user = target.user, confirm = target.confirm, pin = target.pin,
        away = target.away,
      }
      seen[key], list[#list + 1] = known, known
    else
      known.away = away.both(known.away, target.away)
      known.pin = known.pin or target.pin
      if known.pin then known.confirm = true end
    end
  end
  if #list > MOST then mistake(("ring: %d at once, Twilio takes %d"):format(#list, MOST)) end
end

--- Whom all entries ring first, then whom they ring second, …: none twice.
---@param entries PlanTarget[][][]
---@return PlanTarget[][]
function targets.together(entries)
  local list, seen = {}, {}
  for round = 1, math.huge do
    local now, more = {}, false
    for _, entry in ipairs(entries) do
      more = more or entry[round] ~= nil
      add_new(now, entry[round] or {}, seen)
    end
    if not more then
      return list
    elseif #now > 0 then
      list[#list + 1] = now
    end
  end
end

--- One entry after the other, each with its rounds: none twice.
---@param entries PlanTarget[][][]
---@return PlanTarget[][]
---@return integer[] units how many rounds each entry has
function targets.in_turn(entries)
  local list, units, seen = {}, {}, {}
  for _, entry in ipairs(entries) do
    local count = #list
    for _, round in ipairs(entry) do
      local now = {}
      add_new(now, round, seen)
      if #now > 0 then list[#list + 1] = now end
    end
    if #list > count then units[#units + 1] = #list - count end
  end
  return list, units
end

---@param value any
---@param policy_context table?
---@param country string?
---@return PlanTarget[] all that it may ring, none twice
function targets.read(value, policy_context, country)
  local list = {}
  for _, round in ipairs(targets.together(targets.entries(value, policy_context, country))) do
    table.move(round, 1, #round, #list + 1, list)
  end
  return list
end

return targets
