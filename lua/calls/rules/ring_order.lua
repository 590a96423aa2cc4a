-- ring_order.lua: the order in which the phones of ring(…, { order = … }) ring in one call.
--
--   ring_order.arranged(plan, input)   -> the plan that is followed and stored
--
-- A rule's plan has its rings in written order; `orders` says which of them change places: `random`,
-- `round_robin` or `longest_idle`. The values that decide are kept in the input, so they are stored with the
-- call and a replay finds the same order.
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
    names[i], places[entry] = name_of(entry.target), i
  end
  local known = type(order.idle) == "table" and order.idle or {}
  if type(order.idle) == "function" then known = order.idle(names) end
  order.asked = order.asked or {}
  for _, name in ipairs(names) do order.asked[name] = known[name] end
  table.sort(list, function(a, b)
    local first, second = known[name_of(a.target)] or 0, known[name_of(b.target)] or 0
    return first < second or first == second and places[a] < places[b]
  end)
end

local function arrange(steps, places, by, input)
  local list = {}
  for i, n in ipairs(places) do list[i] = { target = steps[n].targets[1], leg = steps[n].leg } end
  ORDERS[by](list, input)
  for i, n in ipairs(places) do
    local step = {}
    for key, value in pairs(steps[n]) do step[key] = value end
    step.targets, step.leg = { list[i].target }, list[i].leg
    steps[n] = step
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
  for _, order in ipairs(plan.orders) do arrange(out.steps, order.steps, order.by, input) end
  local asked = input.order.asked
  if asked then input.order.idle, input.order.asked = asked, nil end
  if type(input.order.turn) == "function" then input.order.turn = nil end
  if type(input.order.idle) == "function" then input.order.idle = nil end
  return out
end

--- Words of the option, for the rules.
ring_order.BY = { random = true, round_robin = true, longest_idle = true }

return ring_order
