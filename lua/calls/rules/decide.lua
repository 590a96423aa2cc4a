-- decide.lua: where a call goes: number off, blocked, override, rules, settings.
--
--   decide.first(input)              -> Decision, or nil if the rules have to be asked
--   decide.ruled(input, ruling)      -> Decision, from the rules' answer
--   decide.choose(input, consult, list)   -> Decision: both; consult() is only called if needed
--
-- `consult` returns what rules.decide(input) returns: true, index, plan, reads,
-- or nil, message, code, reads. If the rules fail, the console's settings decide; these ring the owner or
-- take a message, whatever the rows hold.

local away = require("calls.plans.away")
local stored_plan = require("calls.plans.stored_plan")
local console_forwarding = require("calls.plans.console_forwarding")
local ring_order = require("calls.rules.ring_order")

---@class CallInput what rules see as `call`
---@field from string
---@field to string
---@field forwarded_from string? E.164, the phone that forwarded the call here
---@field at integer seconds since 1970
---@field number table row of the called number
---@field forwarding table<string, ForwardingRule>
---@field owner table?
---@field caller { blocked: boolean|integer|nil }?
---@field line Line?
---@field override table? the active one
---@field order OrderInput? for rings with an order
---@field away table<string, integer>? "user:42" or a phone of someone who is away -> until when, seconds
--- since 1970

---@class Ruling
---@field ok boolean
---@field index integer? of the rule that decided; nil: none matched
---@field plan FlatPlan?
---@field message string? why the rules failed
---@field code string?
---@field reads string? JSON of what the rules read
---@field list { name: string, line: integer, plan: FlatPlan? }[]? the rules in order

---@class Decision
---@field plan FlatPlan
---@field source "inactive"|"blocked"|"override"|"rules"|"settings"|"fallback"|"unadopted"
---@field rule string? name of the rule
---@field index integer?
---@field line integer? of the rule in its file
---@field error string? why the rules couldn't decide
---@field code string?
---@field reads string?
---@field changes_at integer? when someone whom it rings leaves or comes back, seconds since 1970
---@field left_out { target: string, ends_at: integer }[]? who would ring, but is away

local decide = {}

local function is_on(value)
  return value ~= nil and value ~= false and value ~= 0
end

-- Whoever is away isn't rung, whatever decided. Plans of settings have no spans: without `away` they stay.
local function attended(decision, input)
  if decision.source ~= "rules" and not input.away then
    return decision
  end
  local there, changes_at, left_out = away.left_out(decision.plan, input.at, input.away)
  decision.plan = away.skipped(ring_order.arranged(there, input))
  decision.changes_at, decision.left_out = changes_at, left_out
  return decision
end

---@param input CallInput
---@return Decision?
function decide.first(input)
  local number = input.number
  if number.is_active == 0 or number.is_active == false then
    return { plan = console_forwarding.closed(), source = "inactive" }
  elseif type(input.caller) == "table" and is_on(input.caller.blocked) then
    return { plan = { start = 1, steps = { { kind = "reject", reason = "rejected" } } }, source = "blocked" }
  end
  local override = input.override
  if type(override) == "table" and type(override.forward_to_number) == "string" then
    return attended({ plan = console_forwarding.override(override), source = "override" }, input)
  end
end

local function settings_of(input, settings_plan)
  return settings_plan and settings_plan(input)
    or console_forwarding.plan(input.number, input.forwarding, input.line)
end

-- Plans that were checked: rules that make the same plan again may give the same table.
local sound = setmetatable({}, { __mode = "k" })

--- The plan of a ruling, if it has one that can be followed.
local function plan_of(ruling, rule)
  -- written in the file, checked at load
  if ruling.plan == nil then
    return rule and rule.plan
  end
  local plan = ruling.plan
  if sound[plan] then
    return plan
  end
  local ok, message, code = stored_plan.check(plan)
  if not ok then
    return nil, message, code
  end
  sound[plan] = true
  return plan
end

---@param input CallInput
---@param ruling Ruling
---@param settings_plan (fun(input: CallInput): FlatPlan)? the settings' plan, if the host keeps it
---@return Decision
function decide.ruled(input, ruling, settings_plan)
  local rule = ruling.ok and ruling.index and ruling.list and ruling.list[ruling.index] or nil
  local plan, message, code
  if ruling.ok then
    plan, message, code = plan_of(ruling, rule)
  else
    message, code = ruling.message or "the rules did not answer", ruling.code or "rule_failed"
  end
  local source = plan and "rules" or message and "fallback" or "settings"
  return attended({
    plan = plan or settings_of(input, settings_plan), source = source, error = message, code = code,
    index = ruling.ok and ruling.index or nil, rule = rule and rule.name, line = rule and rule.line,
    reads = ruling.reads,
  }, input)
end

---@param input CallInput
---@param consult fun(): true?, any, any, string?
---@param list table[]? what rules.list() returns: names, lines, plans written out
---@param settings_plan (fun(input: CallInput): FlatPlan)?
---@return Decision
function decide.choose(input, consult, list, settings_plan)
  local early = decide.first(input)
  if early then
    return early
  end
  local ok, second, third, reads = consult()
  local ruling = ok and { ok = true, index = second, plan = third, reads = reads, list = list }
    or { ok = false, message = second, code = third, reads = reads, list = list }
  return decide.ruled(input, ruling, settings_plan)
end

return decide
