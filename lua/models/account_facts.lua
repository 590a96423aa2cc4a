-- models.account_facts: what the proof of the rules needs to know about the account: its
-- numbers, their settings, and which phones mustn't be rung.
--
-- Whoever reads the proof's messages may not be allowed to see all of that:
-- `shown` is the part that may be named to them (calls/proof/trial.lua).

local Cache = require("calls.cache")
local config = require("config")
local db = require("db")
local forwarding = require("models.forwarding")
local inputs = require("calls.replay.inputs")
local numbers = require("models.numbers")
local scope = require("hookswitch.scope")

local account_facts = {}

local PAST_CALLS = 400
local SETTINGS_KEPT = 200

local NEWEST = [[
  SELECT c.call_sid, c.user_id, c."from", c."to", c.started_at, d.inputs, d.reads
  FROM twilio_call_logs AS c JOIN call_decisions AS d ON d.call_sid = c.call_sid
  WHERE c.parent_call_sid IS NULL AND c.direction = 'inbound' AND d.source NOT IN ('unadopted', 'outgoing')
  ORDER BY c.started_at DESC, c.id DESC LIMIT ?]]

-- Nothing is looked up that wasn't known then: these calls only tell which rules are ever reached.
local UNASKED = { busy = function() return false end, prior = function() return 0 end }

-- Calls of the past: which of some rules do they come to?
local function of_the_past()
  local rows, settings = db:query(NEWEST, PAST_CALLS), Cache.new(SETTINGS_KEPT)
  return function(unreached, decide, since)
    local found = {}
    for _, row in ipairs(rows) do
      local input = row.started_at >= since and inputs.of(row, settings, UNASKED)
      local ok, index = nil, nil
      if input then ok, index = decide(input) end
      if ok and unreached[index] then found[index] = (found[index] or 0) + 1 end
    end
    return found
  end
end

-- What is known about a user's numbers, or about all. That a number in the rules
-- belongs to the account isn't secret: the policy says so anyway.
local function of(all, user_id)
  local list = {}
  for _, row in ipairs(all) do
    if not user_id or row.user_id == user_id then
      list[#list + 1] = { number = row, forwarding = forwarding.active(row.id, row.user_id) }
    end
  end
  local known = { numbers = list, policy = #all > 0 and numbers.policy() or nil }
  if not user_id then known.past = of_the_past() end
  return known
end

--- Users who can't make rules live have no business with others' settings, so those aren't tried.
---@param user_id string? who reads what the proof says; nil: everybody
---@return ProofFacts
---@return ProofFacts? shown nil: all of it
function account_facts.read(user_id)
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

return account_facts
