-- unused_settings.lua: forwarding settings that are switched on and have no effect.
--
--   unused_settings.of(rows, about)   -> UnusedSetting[] of one number's settings
--   unused_settings.text(unused)      -> a sentence about one
--
-- The rules have no say here: they may leave a call to the settings at any time.

local policy = require("calls.parties.policy")

local unused_settings = {}

local NAMES = { always = "Always", busy = "When busy", no_answer = "When nobody answers" }

local TEXTS = {
  number_off = "the number is switched off",
  refused = "%s can't be called",
  always = '"Always" sends every call to %s',
}
local ENDED = '"%s" has ended.'
local UNTIL_END = '"%s" doesn\'t apply until "Always" has ended, which sends every call to %s.'

---@class UnusedSetting
---@field setting table row of call_forwarding
---@field reason "ended"|"number_off"|"refused"|"always"
---@field by table? the setting that comes first

local function is_on(row)
  return row.is_active ~= 0 and row.is_active ~= false
end

local function has_ended(row, at)
  return math.type(row.ends_at) == "integer" and row.ends_at <= at
end

local function reason_of(row, about, always)
  local number = about.number
  if has_ended(row, about.at) then
    return "ended"
  elseif number.is_active == 0 or number.is_active == false then
    return "number_off"
  elseif always and row.forwarding_type ~= "always" then
    return "always", always
  elseif not policy.check(row.forward_to_number, about.policy) then
    return "refused"
  end
end

---@param rows table[] of call_forwarding, of one number
---@param about { number: table, policy: PolicyContext?, at: integer } milliseconds
---@return UnusedSetting[]
function unused_settings.of(rows, about)
  local found, always = {}, nil
  for _, row in ipairs(rows) do
    local in_force = is_on(row) and not has_ended(row, about.at)
    if in_force and row.forwarding_type == "always" then always = row end
  end
  for _, row in ipairs(rows) do
    local reason, by
    if is_on(row) then reason, by = reason_of(row, about, always) end
    if reason then found[#found + 1] = { setting = row, reason = reason, by = by } end
  end
  return found
end

---@param unused UnusedSetting
---@return string
function unused_settings.text(unused)
  local to = (unused.by or unused.setting).forward_to_number
  local name = NAMES[unused.setting.forwarding_type] or "?"
  if unused.reason == "ended" then
    return ENDED:format(name)
  elseif unused.by and unused.by.ends_at then
    return UNTIL_END:format(name, to)
  end
  return ('"%s" never applies: %s.'):format(name, TEXTS[unused.reason]:format(to))
end

return unused_settings
