-- twilio.upkeep.prices: asking for the prices of legs, a request at a time.
--
--   prices.step(at)   -> legs priced, more; or nil, message, code
--
-- Calls of about the same time share one list. What the list does not show is
-- asked for by its SID: no ringing time and no clock keeps a leg from its price.

local at_twilio = require("twilio.calls")
local pace = require("twilio.upkeep.pace")
local stored = require("models.prices")

local prices = {}

local CALLS = 200 -- whose prices are asked for at a time
local SPAN_MS = 3600 * 1000 -- of the calls that one list covers
local PAGES = 10 -- of one list
local SINGLES = 50 -- of those it does not show

local pass -- what this round is at

-- Legs that can share one list, and when the first began and the last was answered at the latest.
local function begin(due)
  local new = { left = {}, count = 0, pages = 0, from = due[1].started_at, to = due[1].started_at }
  for _, leg in ipairs(due) do
    if math.abs(leg.started_at - due[1].started_at) <= SPAN_MS then
      new.left[leg.call_sid], new.count = true, new.count + 1
      new.from = math.min(new.from, leg.started_at)
      new.to = math.max(new.to, leg.started_at, leg.ended_at - (leg.duration or 0) * 1000)
    end
  end
  return new
end

local function price_of(call)
  local price = tonumber(call.price) and tostring(call.price) or nil
  return { call_sid = call.sid, price = price, unit = price and at_twilio.text(call.price_unit) }
end

-- One page of the list. Legs that are on it are stored, with or without a price.
local function take_page(at)
  local list, following, code, status, seconds
  if pass.next then
    list, following, code, status, seconds = at_twilio.page(pass.next)
  else
    list, following, code, status, seconds = at_twilio.first { from = pass.from, to = pass.to }
  end
  if not list then
    pace.refused(at, status, seconds)
    pass = nil
    return nil, following, code
  end
  local known = {}
  for _, call in ipairs(list) do
    if type(call) == "table" and pass.left[call.sid] then
      pass.left[call.sid], pass.count = nil, pass.count - 1
      known[#known + 1] = price_of(call)
    end
  end
  pass.next, pass.pages = following, pass.pages + 1
  pass.listed = not following or pass.count == 0 or pass.pages >= PAGES
  return stored.store(known, at)
end

-- One leg that the list did not show.
local function take_one(sid, at)
  local call, message, code, status, seconds = at_twilio.get(sid)
  if call == nil then
    pace.refused(at, status, seconds)
    pass = nil
    if status and status ~= 429 then
      stored.store({ { call_sid = sid } }, at) -- the others have their turn first
    end
    return nil, message, code
  elseif not call then
    stored.give_up(sid, at)
    return 0
  end
  call.sid = sid
  return stored.store({ price_of(call) }, at)
end

-- Legs that a round didn't get to are asked for later, like those without a price.
local function finish(at)
  local rest = {}
  for sid in pairs(pass.left) do
    rest[#rest + 1] = { call_sid = sid }
  end
  stored.store(rest, at)
  pass = nil
end

---@param at integer milliseconds
---@return integer? priced
---@return boolean|string more or a message
---@return string? code
function prices.step(at)
  if not pass then
    local due = stored.due(at, CALLS)
    if #due == 0 then
      return 0, false
    end
    pass = begin(due)
  end
  if not pace.may(at) then
    pass = nil
    return 0, false
  end
  local done, message, code
  if not pass.listed then
    done, message, code = take_page(at)
  else
    pass.singles = (pass.singles or 0) + 1
    local sid = next(pass.left)
    pass.left[sid] = nil
    done, message, code = take_one(sid, at)
  end
  if not done then
    return nil, message, code
  end
  if pass.listed and (not next(pass.left) or pass.singles == SINGLES) then
    finish(at)
  end
  return done, true
end

return prices
