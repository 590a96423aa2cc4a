-- models.facts: what the proof of the rules has to know of the account: which
-- numbers are called, what their settings say, and whom they must not ring.
--
-- Whoever reads a message of the proof may not be allowed to see all of that:
-- `shown` is the part that may be named to them (calls/proof/trial.lua).

local config = require("config")
local forwarding = require("models.forwarding")
local numbers = require("models.numbers")
local scope = require("hookswitch.scope")

local facts = {}

-- What is known of the numbers of a user; of all without one. That a number which
-- stands in the rules is the account's isn't secret: the policy says so anyway.
local function of(all, user_id)
  local list = {}
  for _, row in ipairs(all) do
    if not user_id or row.user_id == user_id then
      list[#list + 1] = { number = row, forwarding = forwarding.active(row.id) }
    end
  end
  return { numbers = list, policy = #all > 0 and numbers.policy() or nil }
end

--- Users who can't put rules in force have no business with the settings of others, so theirs aren't tried.
---@param user_id string? who reads what the proof says; nil: everybody
---@return ProofFacts
---@return ProofFacts? shown nil: all of it
function facts.read(user_id)
  local all = numbers.all()
  if scope.is_team then
    return of(all)
  end
  local shown = of(all, user_id or "")
  if user_id and not config.get("rules_editable") then
    return shown
  end
  return of(all), shown
end

return facts
