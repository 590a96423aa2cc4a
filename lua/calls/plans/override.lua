-- override.lua: completing and checking an override: "all calls to X until 15:00".
--
--   override.complete(wanted, at)          fills in when it begins
--   override.problems(wanted, at, policy)  -> a message for each invalid field, or nil
--   override.warning(text, sandbox?)       a warning about its phones
--   override.users(text)                   the users among its targets

local destination = require("calls.plans.destination")
local policy = require("calls.parties.policy")
local wrong = require("hookswitch.fields.wrong")

local override = {}

local DAY_MS = 24 * 3600 * 1000
override.LONGEST_MS = 31 * DAY_MS
override.SECONDS = 25

---@class OverrideWish
---@field forward_to_number string a phone, "user:42", several of these with commas, or "voicemail"
---@field ends_at integer milliseconds
---@field starts_at integer?
---@field ring_timeout integer
---@field note string
---@field phone_number_id integer? nil: all of the user's numbers

--- An override begins now at the earliest. Its destination gets its canonical spelling.
---@param wanted OverrideWish
---@param at integer milliseconds
function override.complete(wanted, at)
  wanted.starts_at = math.max(wanted.starts_at or at, at)
  local to = destination.read(wanted.forward_to_number)
  wanted.forward_to_number = to and to.text or wanted.forward_to_number
end

---@param wanted OverrideWish complete
---@param at integer milliseconds
---@param context PolicyContext
---@return table<string, Wrong>? fields
function override.problems(wanted, at, context)
  if wanted.ends_at <= wanted.starts_at then
    return { ends_at = wrong(wanted.ends_at <= at and "over" or "after_start") }
  elseif wanted.ends_at - wanted.starts_at > override.LONGEST_MS then
    return { ends_at = wrong("longest_override") }
  end
  local to, message, code, values = destination.read(wanted.forward_to_number)
  for _, target in ipairs(to and to.targets or {}) do
    local ok, why, kind = true, nil, nil
    if target.phone then ok, why, kind = policy.check(target.phone, context) end
    if not ok then
      return { forward_to_number = wrong(kind, { number = target.phone }, why) }
    end
  end
  return not to and { forward_to_number = wrong(code, values, message) } or nil
end

--- A warning about an override's phones.
---@param text string its destination
---@param sandbox boolean?
---@return string? message
function override.warning(text, sandbox)
  local to = destination.read(text)
  for _, target in ipairs(to and to.targets or {}) do
    local message = target.phone and policy.warning(target.phone, sandbox)
    if message then
      return message
    end
  end
end

--- The users among its targets.
---@param text string
---@return string[]
function override.users(text)
  local to, found = destination.read(text), {}
  for _, target in ipairs(to and to.targets or {}) do found[#found + 1] = target.user end
  return found
end

return override
