-- ring_word.lua: the word `ring` of a rule file.
--
--   ring_word.new(policy_context?, country?)   -> ring(whom, options), which returns a Plan

local arguments = require("calls.rules.arguments")
local interned = require("calls.plans.interned")
local mistake = require("calls.mistake")
local plan = require("calls.plans.plan")
local ring_order = require("calls.rules.ring_order")
local targets = require("calls.plans.targets")
local written_number = require("calls.parties.written_number")

local ring_word = {}

local SECONDS = 20

local OPTIONS = { seconds = true, confirm = true, caller_id = true, order = true }

--- The number that phones are shown: as written, or "called" for the one that was called.
local function caller_id_of(value, country)
  if value == nil or value == "called" then
    return value
  end
  local number, message
  if type(value) == "string" then number, message = written_number.read(value, country) end
  return number or mistake("ring: caller_id is a number of yours, or \"called\": "
    .. (message or mistake.show(value) .. " isn't one"))
end

--- Who is in a group changes without the rule: it may have one.
local function order_of(order, whom, entries)
  if order == nil then
    return nil
  elseif not ring_order.BY[order] then
    mistake(('ring: unknown order %s%s: use "random", "round_robin" or "longest_idle"'):format(
      mistake.show(order), mistake.nearest(order, ring_order.BY)))
  elseif entries and #entries < 2 and not targets.is_group(whom) then
    mistake(("ring: order = %q needs a list of two or more: ring({ JOE, ANA }, …)"):format(order))
  end
  return order
end

--- Phones of people.txt say for themselves whether they are asked to press 1, unless the rule says it.
local function asking(round, confirm)
  if confirm == nil then
    return round
  end
  local list = {}
  for i, target in ipairs(round) do
    list[i] = {
      phone = target.phone, user = target.user, pin = confirm and target.pin or nil, away = target.away,
    }
  end
  return list
end

-- What ring reads of its arguments, in this order.
local READS = {
  function(read) arguments.options(read, "ring", OPTIONS) end,
  function(read)
    local confirm = read.options.confirm
    if confirm ~= nil and type(confirm) ~= "boolean" then
      mistake("ring: confirm is true or false, not " .. mistake.show(confirm))
    end
  end,
  function(read) read.entries = targets.entries(read.whom, read.policy, read.country) end,
  function(read) read.order = order_of(read.options.order, read.whom, read.entries) end,
  function(read) read.caller_id = caller_id_of(read.options.caller_id, read.country) end,
  function(read)
    read.seconds = arguments.whole("ring", "seconds", read.options.seconds, 5, 600) or SECONDS
  end,
}

---@param policy_context PolicyContext?
---@param country string?
---@return fun(whom: any, options: table?): Plan
function ring_word.new(policy_context, country)
  local fields = interned.fields(function(whom, options)
    local read = arguments.read(READS,
      { whom = whom, options = options, policy = policy_context, country = country })
    local confirm = read.options.confirm
    local rounds, units
    if read.order then
      rounds, units = targets.in_turn(read.entries)
    else
      rounds = targets.together(read.entries)
    end
    for i, round in ipairs(rounds) do rounds[i] = asking(round, confirm) end
    return {
      targets = rounds[1], rounds = #rounds > 1 and rounds or nil, units = units,
      order = #rounds > 1 and read.order or nil, caller_id = read.caller_id, seconds = read.seconds,
      confirm = confirm ~= false,
    }
  end)
  ---Ring a phone, a user's browsers, or several of them together; the first to answer has the call.
  ---@param whom string|PlanTarget|table phone, user or a list
  ---@param options { seconds: integer?, confirm: boolean?, caller_id: string?, order: string? }? confirm
  --- (press 1 to accept) is on for phones
  ---@return Plan
  return function(whom, options)
    return plan.new("ring", fields(whom, options))
  end
end

return ring_word
