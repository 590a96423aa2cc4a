-- targets.lua: reading whom a rule wants to ring.
--
--   targets.read(value)   one target or a list of them -> { { phone = "+1…" } | { user = "42" }, … }
--   targets.user(id)      the word `user`: a browser of that user
--
-- One target is a phone ("+13035550142"), a user (user "42", or the identity
-- "user_42"), or a record that has a phone or the id of a user: call.owner.

local identity = require("calls.parties.identity")
local mistake = require("calls.mistake")
local policy = require("calls.parties.policy")

local MOST = 10
local PLUS = ("+"):byte()

local targets = {}

local FROZEN = {}

--- A record nobody can change, so that no state survives a call in it.
local function frozen(fields)
  return setmetatable({}, {
    __index = fields,
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

---@param id string|integer
---@return PlanTarget
function targets.user(id)
  return frozen { user = user_id_of(id) }
end

-- Numbers that were found to be good: a file has few, and rings them in many calls.
local good, good_count = {}, 0
local MOST_GOOD = 1000

local function phone(value, policy_context)
  if policy_context == nil and good[value] then
    return { phone = value }
  end
  local ok, message = policy.check(value, policy_context)
  if not ok then mistake("ring: " .. message) end
  if policy_context == nil and good_count < MOST_GOOD then
    good[value], good_count = true, good_count + 1
  end
  return { phone = value }
end

--- One target, or nil when the value is none (it may be a list).
local function one(value, policy_context)
  if type(value) == "string" then
    local user_id = value:byte() ~= PLUS and identity.user(value)
    if user_id then
      return { user = user_id }
    end
    return phone(value, policy_context)
  elseif type(value) ~= "table" then
    return nil
  elseif type(value.phone) == "string" then
    return phone(value.phone, policy_context)
  end
  local id = value.user or value.id
  if type(id) == "string" or math.type(id) == "integer" then
    return { user = user_id_of(id) }
  end
end

---@param value any what the author gave to ring
---@param policy_context table?
---@return PlanTarget[] at least one, none twice
function targets.read(value, policy_context)
  local single = one(value, policy_context)
  if single then
    return { single }
  end
  if type(value) ~= "table" then
    mistake(("ring needs a phone or a user, not %s"):format(mistake.show(value)))
  end
  local list, seen = {}, {}
  for i, entry in ipairs(value) do
    local target = one(entry, policy_context)
    if not target then
      mistake(("ring: number %d of the list is neither phone nor user: %s"):format(i, mistake.show(entry)))
    end
    local key = target.phone or "user:" .. target.user
    if not seen[key] then
      seen[key] = true
      list[#list + 1] = target
    end
  end
  if #list == 0 then mistake("ring: there is nobody in the list") end
  if #list > MOST then mistake(("ring: %d at once, Twilio takes %d"):format(#list, MOST)) end
  return list
end

return targets
