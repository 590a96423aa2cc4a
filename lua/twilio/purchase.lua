-- twilio.purchase: buying a number once, whatever happens on the way.
--
--   purchase.buy(user_id, wanted, key, at)   the number's row, or an error for the client
--   purchase.resolve(row, at)                what became of a purchase nobody works on any more
--
-- A purchase costs money and Twilio knows no idempotency key. So the row is
-- there first, Twilio is asked once, and an answer that was lost is replaced by
-- looking the number up. What stays unknown stays pending, and the user's next
-- purchase waits for it.

local adopt = require("twilio.adopt")
local at_twilio = require("twilio.numbers")
local config = require("config")
local crypto = require("crypto")
local fail = require("hookswitch.fail")
local log = require("log")
local numbers = require("models.numbers")
local purchases = require("models.purchases")
local twilio_failure = require("twilio.failure")

local purchase = {}

local CANDIDATES = 3 -- someone else may be faster
local UNSURE_MS = 60000 -- after which a number that is not there was not bought

--- Look up what became of a pending purchase. Only for one that nobody works on (busy_until is over).
---@param row table
---@param at integer milliseconds
---@return table|false|nil number false: it was not bought; nil: Twilio cannot be asked
---@return string? message
---@return string? code
function purchase.resolve(row, at)
  if not row.phone_number then
    purchases.failed(row.id, "abandoned", "It ended before a number was chosen.", at)
    return false
  end
  local resource, message, code = at_twilio.find(row.phone_number)
  if resource == nil then
    return nil, message, code
  end
  if not resource then
    purchases.failed(row.id, "not_bought", "Twilio does not list the number.", at)
    return false
  end
  local number = adopt(row.user_id, resource, {}, at)
  purchases.bought(row, number, at)
  log.info("purchase_adopted", { number = row.phone_number, id = row.id })
  return number
end

-- Did Twilio refuse, so that nothing was bought for sure?
local function certainly_not(code, status)
  if code == "connect" or code == "dns" or code == "tls" or code == "not_configured" then
    return true
  end
  return status ~= nil and status >= 400 and status < 500 and status ~= 408
end

-- Ask for one number. Gives the resource; or nil, message, code, certain.
local function ask(phone, wanted)
  local resource, message, code, status = at_twilio.buy(phone, wanted)
  if resource then
    return resource
  end
  if certainly_not(code, status) then
    return nil, message, code, true
  end
  -- The answer was lost or is unusable: the number itself tells.
  local found = at_twilio.find(phone)
  if found then
    return found
  end
  -- A server that failed has done with the request; behind a gateway that gave
  -- up, or a lost connection, someone may still be at work on it.
  return nil, message, code, found == false and (status == 500 or status == 503)
end

local function offers(wanted)
  if wanted.phone_number then
    return { { phone_number = wanted.phone_number } }
  end
  local found, message, code = at_twilio.search {
    country = wanted.country, type = wanted.type, area_code = wanted.area_code, limit = 20,
  }
  if not found then
    return nil, message, code
  end
  -- Those that need an address on file last, unless one is given.
  local list = {}
  for pass = 1, 2 do
    for _, entry in ipairs(found) do
      if (entry.needs_address and not wanted.address_sid) == (pass == 2) then
        list[#list + 1] = entry
      end
    end
  end
  return list
end

local NONE = "no_numbers_available"

-- Buy the first offer that is still to be had. As ask().
local function place(order, wanted, at)
  local list, message, code = offers(wanted)
  if not list then
    return nil, message, code, true
  end
  message, code = "No such number is for sale at the moment.", NONE
  for position = 1, math.min(#list, CANDIDATES) do
    local phone = list[position].phone_number
    if numbers.by_phone(phone) or not purchases.choose(order.id, phone, at) then
      message, code = phone .. " is in use here already.", "number_taken"
    else
      local resource, certain
      resource, message, code, certain = ask(phone, wanted)
      if resource or code ~= "twilio:21422" then
        return resource, message, code, certain
      end
    end
  end
  return nil, message, code, true
end

local function refuse(message, code)
  if code == NONE then
    fail(404, code, message)
  elseif code == "number_taken" then
    fail(409, code, message)
  end
  twilio_failure.fail(message, code)
end

local function in_flight(seconds)
  local message = "One of your purchases is still under way; its outcome will be known in a moment."
  fail(409, "purchase_in_progress", message, nil, { ["Retry-After"] = tostring(seconds) })
end

-- An earlier purchase is in the way, or is this very one.
local function earlier(order, user_id, key, request, at)
  local same_key = key and order.idempotency_key == key
  if same_key and order.request ~= request then
    fail(422, "idempotency_key_reused", "This Idempotency-Key was used for another purchase.")
  end
  if order.state == "bought" then
    local number = numbers.get(user_id, order.phone_number_id)
    return number or fail(410, "number_released", "That number was bought and has been released since.")
  end
  if order.busy_until > at then
    in_flight((order.busy_until - at) // 1000 + 1)
  end
  local number, message, code = purchase.resolve(order, at)
  if number == nil then
    twilio_failure.fail(message, code)
  end
  if number and same_key then
    return number
  end
  return nil -- settled: the new purchase may begin
end

local function begin(user_id, key, request, at)
  local result, detail = purchases.begin(user_id, key, request, config.get("buy_daily_cap"), at)
  if result == "capped" then
    fail(429, "buy_daily_cap", ("No more than %d numbers may be bought in a day (buy_daily_cap)."):format(
      config.get("buy_daily_cap")), nil, { ["Retry-After"] = tostring(detail // 1000 + 1) })
  end
  return result, detail
end

-- Tells the same request again; the friendly name may differ.
local function fingerprint(wanted)
  local parts = { wanted.country or "", wanted.type or "", wanted.area_code or "", wanted.phone_number or "" }
  return crypto.hex(crypto.sha256(table.concat(parts, "\n")))
end

---@param user_id string
---@param wanted { country: string?, type: string?, area_code: string?, phone_number: string?,
--- friendly_name: string?, address_sid: string?, bundle_sid: string? }
---@param key string? Idempotency-Key
---@param at integer milliseconds
---@return table row of the number
---@return boolean again whether it had been bought by an earlier request
function purchase.buy(user_id, wanted, key, at)
  local request = fingerprint(wanted)
  local result, order = begin(user_id, key, request, at)
  if result == "earlier" then
    local number = earlier(order, user_id, key, request, at)
    if number then
      return number, true
    end
    result, order = begin(user_id, key, request, at)
    if result == "earlier" then
      in_flight(2) -- another request was faster
    end
  end
  local resource, message, code, certain = place(order, wanted, at)
  if resource then
    local number = adopt(user_id, resource, { country = wanted.country, number_type = wanted.type }, at)
    purchases.bought(order, number, at)
    return number, false
  end
  if certain then
    purchases.failed(order.id, code, message, at)
    refuse(message, code)
  end
  purchases.unsure(order.id, code, message, at + UNSURE_MS, at)
  log.warn("purchase_unsure", { id = order.id, code = code, message = message })
  fail(502, "purchase_unconfirmed", "Twilio has not confirmed the purchase. Do not buy again: it is looked "
    .. "up within a minute, and the number appears in your list if it was bought. (" .. message .. ")")
end

return purchase
