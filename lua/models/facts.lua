-- models.facts: what the proof of the rules has to know of the account: which
-- numbers are called, what their settings say, and whom they must not ring.

local forwarding = require("models.forwarding")
local numbers = require("models.numbers")

local facts = {}

---@return ProofFacts
function facts.read()
  local list = {}
  for position, row in ipairs(numbers.all()) do
    list[position] = { number = row, forwarding = forwarding.active(row.id) }
  end
  return { numbers = list, policy = #list > 0 and numbers.policy() or nil }
end

return facts
