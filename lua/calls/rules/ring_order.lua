-- ring_order.lua: the order in which the phones of ring(…, { order = … }) ring in one call.
--
--   ring_order.arranged(plan, input)   -> the plan that is followed and stored
--
-- A plan of the rules has its rings one after the other, as they are written; `orders`
-- says which of them change places, a person's phones together: `random`, `round_robin`
-- or `longest_idle`. What decides is in the input, and is left there as a value, so that it
-- is stored with the call and a replay finds the same order.
--
--   input.order = { turn = 12, idle = { ["+13035550142"] = 1795737900 } }   or functions for both

local ring_order = {}

---@class OrderInput
---@field turn integer|fun(): integer counts the calls to the number
---@field idle table<string, integer>|fun(targets: string[]): table<string, integer> when each last talked, in
--- seconds since 1970; not there: never

local function name_of(target)
  return target.phone or "user:" .. tostring(target.user)
end

--- All that an entry rings.
local function names_of(entry)
  local names = {}
  for _, step in ipairs(entry) do
    for _, target in ipairs(step.targets) do names[#names + 1] = name_of(target) end
  end
  return names
end

local function turn_of(input)
  local order = input.order
  if type(order.turn) == "function" then order.turn = order.turn() end
  return math.tointeger(order.turn) or 0
end

-- A pseudo-random number, the same for the same call.
local function hash_of(text)
  local hash = 0x811c9dc5
  for i = 1, #text do hash = ((hash ~ text:byte(i)) * 0x01000193) & 0xffffffff end
  return hash
end

local ORDERS = {}

function ORDERS.random(list, input)
  local hash = hash_of(("%s %s %d"):format(input.from, input.to, input.at))
  for i = #list, 2, -1 do
    hash = hash_of(("%d %d"):format(hash, i))
    local k = hash % i + 1
    list[i], list[k] = list[k], list[i]
  end
end

function ORDERS.round_robin(list, input)
  local turn, before = turn_of(input) % #list, table.move(list, 1, #list, 1, {})
  for i = 1, #list do list[i] = before[(i - 1 + turn) % #list + 1] end
end

function ORDERS.longest_idle(list, input)
  local order, names, places = input.order, {}, {}
  for i, entry in ipairs(list) do
    local own = names_of(entry)
    table.move(own, 1, #own, #names + 1, names)
    places[entry] = i
  end
  local known = type(order.idle) == "table" and order.idle or {}
  if type(order.idle) == "function" then known = order.idle(names) end
  order.asked = order.asked or {}
  for _, name in ipairs(names) do order.asked[name] = known[name] end
  local talked = {}
  for _, entry in ipairs(list) do
    local last = 0
    for _, name in ipairs(names_of(entry)) do last = math.max(last, known[name] or 0) end
    talked[entry] = last
  end
  table.sort(list, function(a, b)
    return talked[a] < talked[b] or talked[a] == talked[b] and places[a] < places[b]
  end)
end

--- Those who are away (calls/plans/away.lua) stand behind all others, and have no turn.
local function arrange(steps, order, input)
  local list, absent, at = {}, {}, 1
  for _, count in ipairs(order.units) do
    local entry = {}
    for k = 1, count do
      local step = steps[order.steps[at]]
      entry[k], at = { targets = step.targets, leg = step.leg }, at + 1
    end
    table.insert(#names_of(entry) > 0 and list or absent, entry)
  end
  if #list > 1 then ORDERS[order.by](list, input) end
  table.move(absent, 1, #absent, #list + 1, list)
  at = 1
  for _, entry in ipairs(list) do
    for _, round in ipairs(entry) do
      local n, step = order.steps[at], {}
      for key, value in pairs(steps[n]) do step[key] = value end
      step.targets, step.leg = round.targets, round.leg
      steps[n], at = step, at + 1
    end
  end
end

---@param plan FlatPlan
---@param input CallInput
---@return FlatPlan
function ring_order.arranged(plan, input)
  if not plan.orders then
    return plan
  end
  input.order = input.order or {}
  local out = { start = plan.start, missed_text = plan.missed_text }
  out.steps = table.move(plan.steps, 1, #plan.steps, 1, {})
  for _, order in ipairs(plan.orders) do arrange(out.steps, order, input) end
  local asked = input.order.asked
  if asked then input.order.idle, input.order.asked = asked, nil end
  if type(input.order.turn) == "function" then input.order.turn = nil end
  if type(input.order.idle) == "function" then input.order.idle = nil end
  return out
end

--- Words of the option, for the rules.
ring_order.BY = { random = true, round_robin = true, longest_idle = true }

return ring_order
