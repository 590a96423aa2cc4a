-- console_forwarding.lua: the plan of a number's console settings.
--
--   console_forwarding.plan(number, forwarding, line)   -> FlatPlan
--   console_forwarding.owner(number)                    -> FlatPlan: ring the owner, then voicemail
--   console_forwarding.voicemail(greeting?)             -> FlatPlan
--   console_forwarding.closed(number)                   -> FlatPlan for a number that is switched off
--   console_forwarding.followed(rows, phone_number_id)  -> those of a number, and those for all numbers
--   console_forwarding.chosen(rows, phone_number_id, at)  the same without those that its own ones hide
--   console_forwarding.in_force(forwarding, at)         -> the settings that haven't ended
--   console_forwarding.next_end(forwarding, at)         -> when the next of them ends, or nil
--   console_forwarding.override(override)               -> FlatPlan: "all calls to X until 15:00"
--
-- Never raises, whatever the rows hold: this answers when rules fail.
--
--   always      ring the target; the browser does not ring
--   busy        the line is talking: ring the target at once; or the browser rejected.
--               Without this setting a busy browser rings too and can answer a second call
--   no_answer   the browser rang for ring_timeout seconds, or is offline
--   none        ring the browser, then voicemail
-- A failed forward ends in voicemail. Browser and target each ring for the setting's ring_timeout.

local destination = require("calls.plans.destination")
local stored_plan = require("calls.plans.stored_plan")

local console_forwarding = {}

console_forwarding.DEFAULT_SECONDS = 20

---@class ForwardingRule row of call_forwarding
---@field id integer
---@field forward_to_number string
---@field ring_timeout integer?
---@field is_active integer|boolean|nil
---@field ends_at integer? milliseconds, a whole second: from then on it doesn't apply
---@field phone_number_id integer? nil: all numbers of its user
---@field after ForwardingRule? one for all numbers, which applies once this one has ended

---@class Line
---@field busy boolean|(fun(): boolean)|nil
---@field online any

local function seconds_of(rule)
  local seconds = math.tointeger(rule.ring_timeout) or console_forwarding.DEFAULT_SECONDS
  return math.max(5, math.min(600, seconds))
end

--- The rule if it can be used: present, switched on, with a number.
local function usable(rule)
  if type(rule) ~= "table" or rule.is_active == 0 or rule.is_active == false then
    return nil
  end
  return type(rule.forward_to_number) == "string" and rule or nil
end

local function forward(rule)
  return {
    kind = "ring", leg = "fwd", rule = rule.id, seconds = seconds_of(rule), confirm = true,
    targets = { { phone = rule.forward_to_number } }, next = { otherwise = 2 },
  }
end

local function owner_of(number)
  local user_id = type(number) == "table" and number.user_id
  return user_id and tostring(user_id) ~= "" and tostring(user_id) or nil
end

---@param greeting string?
---@return FlatPlan
function console_forwarding.voicemail(greeting)
  return { start = 1, steps = { { kind = "voicemail", greeting = greeting } } }
end

---@return FlatPlan
function console_forwarding.closed()
  -- The text is for a version without phrases that continues this call.
  local text = "This number is not taking calls at the moment."
  local say = { kind = "say", text = text, phrase = "closed", next = { otherwise = 2 } }
  return { start = 1, steps = { say, { kind = "voicemail" } } }
end

---@param number table row of user_phone_numbers
---@return FlatPlan
function console_forwarding.owner(number)
  local user_id = owner_of(number)
  if not user_id then
    return console_forwarding.voicemail()
  end
  local ring = {
    kind = "ring", leg = "line", seconds = console_forwarding.DEFAULT_SECONDS,
    targets = { { user = user_id } }, next = { otherwise = 2 },
  }
  return { start = 1, steps = { ring, { kind = "voicemail" } } }
end

---@param override { id: integer?, forward_to_number: string, ring_timeout: integer? } to: see destination.lua
---@return FlatPlan
function console_forwarding.override(override)
  local to = destination.read(override.forward_to_number)
  if not to or #to.targets == 0 then
    return console_forwarding.voicemail()
  end
  local ring = {
    kind = "ring", leg = stored_plan.leg(to.targets), rule = override.id, seconds = seconds_of(override),
    confirm = true, targets = to.targets, next = { otherwise = 2 },
  }
  return { start = 1, steps = { ring, { kind = "voicemail" } } }
end

local function is_busy(line)
  local busy = type(line) == "table" and line.busy
  if type(busy) == "function" then busy = busy() end
  return busy and true or false
end

local function end_of(rule)
  return type(rule) == "table" and math.type(rule.ends_at) == "integer" and rule.ends_at or nil
end

--- Those that a number follows. Of two of one type its own comes first.
---@param rows table[] of call_forwarding
---@param phone_number_id integer
---@return table[]
function console_forwarding.followed(rows, phone_number_id)
  local list = {}
  for _, row in ipairs(rows) do
    if not row.phone_number_id or row.phone_number_id == phone_number_id then list[#list + 1] = row end
  end
  return list
end

--- Those that a number follows, without one for all numbers that its own of that type hides.
---@param rows table[] of call_forwarding
---@param phone_number_id integer
---@param at integer milliseconds
---@return table[]
function console_forwarding.chosen(rows, phone_number_id, at)
  local list, hidden = {}, {}
  local followed = console_forwarding.followed(rows, phone_number_id)
  for _, row in ipairs(followed) do
    local is_on = usable(row) and (end_of(row) or math.maxinteger) > at
    if row.phone_number_id and is_on then hidden[row.forwarding_type] = true end
  end
  for _, row in ipairs(followed) do
    if row.phone_number_id or not hidden[row.forwarding_type] then list[#list + 1] = row end
  end
  return list
end

-- The setting itself, or the one behind it that hasn't ended.
local function standing(rule, at)
  while rule and (end_of(rule) or math.maxinteger) <= at do rule = rule.after end
  return rule
end

--- The settings that haven't ended: the same table if none has.
---@param forwarding table<string, ForwardingRule>
---@param at integer seconds since 1970
---@return table<string, ForwardingRule>
function console_forwarding.in_force(forwarding, at)
  local changed = false
  for _, rule in pairs(type(forwarding) == "table" and forwarding or {}) do
    changed = changed or standing(rule, at * 1000) ~= rule
  end
  if not changed then
    return forwarding
  end
  local kept = {}
  for kind, rule in pairs(forwarding) do kept[kind] = standing(rule, at * 1000) end
  return kept
end

--- When the next of them ends.
---@param forwarding table<string, ForwardingRule>
---@param at integer milliseconds
---@return integer? milliseconds
function console_forwarding.next_end(forwarding, at)
  local next_end = math.maxinteger
  for _, rule in pairs(forwarding) do
    next_end = math.min(next_end, end_of(standing(rule, at)) or math.maxinteger)
  end
  return next_end < math.maxinteger and next_end or nil
end

--- Does the plan depend on the line being busy?
---@param forwarding table?
---@return boolean
function console_forwarding.asks_for_line(forwarding)
  forwarding = type(forwarding) == "table" and forwarding or {}
  return not usable(forwarding.always) and usable(forwarding.busy) ~= nil
end

--- Is the plan the same until the settings change, whatever the line does and the clock shows?
---@param forwarding table?
---@return boolean
function console_forwarding.is_fixed(forwarding)
  for _, rule in pairs(type(forwarding) == "table" and forwarding or {}) do
    if end_of(rule) then
      return false
    end
  end
  return not console_forwarding.asks_for_line(forwarding)
end

---@param number table row of user_phone_numbers
---@param forwarding { always: ForwardingRule?, busy: ForwardingRule?, no_answer: ForwardingRule? }?
---@param line Line?
---@return FlatPlan
function console_forwarding.plan(number, forwarding, line)
  forwarding = type(forwarding) == "table" and forwarding or {}
  local always = usable(forwarding.always)
  if always then
    return { start = 1, steps = { forward(always), { kind = "voicemail" } } }
  end
  local on_busy, on_no_answer = usable(forwarding.busy), usable(forwarding.no_answer)
  if on_busy and is_busy(line) then
    return { start = 1, steps = { forward(on_busy), { kind = "voicemail" } } }
  end
  local plan = console_forwarding.owner(number)
  local steps = plan.steps
  if steps[1].kind ~= "ring" then
    return plan
  end
  local following = steps[1].next
  if on_busy then
    steps[#steps + 1] = forward(on_busy)
    following.busy = #steps
  end
  if on_no_answer then
    steps[1].seconds = seconds_of(on_no_answer)
    steps[#steps + 1] = forward(on_no_answer)
    for _, outcome in ipairs(stored_plan.OUTCOMES) do
      if outcome ~= "busy" then following[outcome] = #steps end
    end
  end
  return plan
end

return console_forwarding
