-- unused_settings.lua: forwarding settings that are switched on and have no effect.
--
--   unused_settings.of(rows, about)   -> UnusedSetting[] of one number's settings
--   unused_settings.rows(forwarding, at) -> the settings in force, and those before them that have ended
--   unused_settings.text(unused)      -> a sentence about one
--
-- The rules have no say here: they may leave a call to the settings at any time.

local policy = require("calls.parties.policy")

local unused_settings = {}

local KINDS = { "always", "busy", "no_answer" }
local NAMES = { always = "Always", busy = "When busy", no_answer = "When nobody answers" }

local TEXTS = {
  number_off = "the number is switched off",
  refused = "%s can't be called",
  always = '"Always" sends every call to %s',
}
local OWN = '"%s" for all numbers never applies to %s, which has its own.'
local UNTIL_OWN = '"%s" for all numbers doesn\'t apply to %s until its own has ended.'
local ENDED = '"%s" has ended.'
local UNTIL_END = '"%s" doesn\'t apply until "Always" has ended, which sends every call to %s.'

---@class UnusedSetting
---@field setting table row of call_forwarding
---@field reason "ended"|"number_off"|"refused"|"always"|"own"
---@field by table? the setting that comes first
---@field number table row of user_phone_numbers

local function is_on(row)
  return row.is_active ~= 0 and row.is_active ~= false
end

local function has_ended(row, at)
  return math.type(row.ends_at) == "integer" and row.ends_at <= at
end

-- first: the settings in force, by type.
local function reason_of(row, about, first)
  local number, own, always = about.number, first[row.forwarding_type], first.always
  if has_ended(row, about.at) then
    return "ended"
  elseif number.is_active == 0 or number.is_active == false then
    return "number_off"
  elseif own and own ~= row then
    return "own", own
  elseif always and row.forwarding_type ~= "always" then
    return "always", always
  elseif not policy.check(row.forward_to_number, about.policy) then
    return "refused"
  end
end

---@param rows table[] of call_forwarding, that one number follows
---@param about { number: table, policy: PolicyContext?, at: integer } milliseconds
---@return UnusedSetting[]
function unused_settings.of(rows, about)
  local found, first = {}, {}
  for _, row in ipairs(rows) do
    local in_force = is_on(row) and not has_ended(row, about.at)
    if in_force and not (first[row.forwarding_type] and not row.phone_number_id) then
      first[row.forwarding_type] = row
    end
  end
  for _, row in ipairs(rows) do
    local reason, by
    if is_on(row) then reason, by = reason_of(row, about, first) end
    if reason then
      found[#found + 1] = { setting = row, reason = reason, by = by, number = about.number }
    end
  end
  return found
end

--- For `of`: of each type the setting, or if it has ended that and the one behind it.
---@param forwarding table<string, ForwardingRule>
---@param at integer milliseconds
---@return ForwardingRule[]
function unused_settings.rows(forwarding, at)
  local rows = {}
  for _, kind in ipairs(KINDS) do
    local row = forwarding[kind]
    while type(row) == "table" and type(row.forward_to_number) == "string" do
      rows[#rows + 1] = row
      row = has_ended(row, at) and row.after
    end
  end
  return rows
end

---@param unused UnusedSetting
---@return string
function unused_settings.text(unused)
  local to = (unused.by or unused.setting).forward_to_number
  local name = NAMES[unused.setting.forwarding_type] or "?"
  if unused.reason == "ended" then
    return ENDED:format(name)
  elseif unused.reason == "own" then
    return (unused.by.ends_at and UNTIL_OWN or OWN):format(name, unused.number.phone_number)
  elseif unused.by and unused.by.ends_at then
    return UNTIL_END:format(name, to)
  end
  return ('"%s" never applies: %s.'):format(name, TEXTS[unused.reason]:format(to))
end

return unused_settings
