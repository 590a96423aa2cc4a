-- override.lua: what an override may be: "all calls to X until 15:00".
--
--   override.complete(wanted, at)          fills in when it begins
--   override.problems(wanted, at, policy)  -> a message for each field that is wrong, or nil

local policy = require("calls.parties.policy")

local override = {}

local DAY_MS = 24 * 3600 * 1000
override.LONGEST_MS = 31 * DAY_MS
override.SECONDS = 25

---@class OverrideWish
---@field forward_to_number string
---@field ends_at integer milliseconds
---@field starts_at integer?
---@field ring_timeout integer
---@field note string
---@field phone_number_id integer? nil: all of the user's numbers

--- An override begins now at the earliest.
---@param wanted OverrideWish
---@param at integer milliseconds
function override.complete(wanted, at)
  wanted.starts_at = math.max(wanted.starts_at or at, at)
end

---@param wanted OverrideWish complete
---@param at integer milliseconds
---@param context PolicyContext
---@return table<string, string>? fields
function override.problems(wanted, at, context)
  if wanted.ends_at <= wanted.starts_at then
    return { ends_at = wanted.ends_at <= at and "is already over" or "must be after starts_at" }
  elseif wanted.ends_at - wanted.starts_at > override.LONGEST_MS then
    return { ends_at = "must be within 31 days: for longer, make a forwarding setting" }
  end
  local ok, message = policy.check(wanted.forward_to_number, context)
  return not ok and { forward_to_number = message } or nil
end

return override
