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

---@class UnusedSetting
---@field setting table row of call_forwarding
---@field reason "number_off"|"refused"|"always"
---@field by table? the setting that comes first

local function is_on(row)
  return row.is_active ~= 0 and row.is_active ~= false
end

local function reason_of(row, about, always)
  local number = about.number
  if number.is_active == 0 or number.is_active == false then
    return "number_off"
  elseif always and row.forwarding_type ~= "always" then
    return "always", always
  elseif not policy.check(row.forward_to_number, about.policy) then
    return "refused"
  end
end

---@param rows table[] of call_forwarding, of one number
---@param about { number: table, policy: PolicyContext? }
---@return UnusedSetting[]
function unused_settings.of(rows, about)
  local found, always = {}, nil
  for _, row in ipairs(rows) do
    if is_on(row) and row.forwarding_type == "always" then always = row end
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
  return ('"%s" never applies: %s.'):format(NAMES[unused.setting.forwarding_type] or "?",
    TEXTS[unused.reason]:format(to))
end

return unused_settings
