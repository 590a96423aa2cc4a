-- models.prices: what calls cost, which Twilio knows some minutes after they end.

local db = require("db")

local prices = {}

local DAY_MS = 24 * 3600 * 1000

prices.AFTER_MS = 2 * 60 * 1000 -- before that Twilio has none
prices.AGAIN_MS = 15 * 60 * 1000
prices.GIVE_UP_MS = 7 * DAY_MS

-- Legs too: each is billed on its own.
local DUE = [[
  SELECT call_sid, started_at, ended_at, duration FROM twilio_call_logs
  WHERE price IS NULL AND status = 'completed' AND ended_at < ? AND ended_at > ?
    AND (price_checked_at IS NULL OR price_checked_at < ?)
  ORDER BY ended_at LIMIT ?]]

--- Calls that have ended and whose price is due to be fetched, oldest first.
---@param at integer milliseconds
---@param limit integer
---@return { call_sid: string, started_at: integer, ended_at: integer, duration: integer? }[]
function prices.due(at, limit)
  return db:query(DUE, at - prices.AFTER_MS, at - prices.GIVE_UP_MS, at - prices.AGAIN_MS, limit)
end

--- Store what Twilio says about legs.
---@param legs { call_sid: string, price: string?, unit: string? }[] without a price: it has none yet
---@param at integer milliseconds
---@return integer priced
function prices.store(legs, at)
  local count = 0
  db:transaction(function()
    for _, leg in ipairs(legs) do
      db:exec([[
        UPDATE twilio_call_logs SET price = ?, price_unit = ?, price_checked_at = ?
        WHERE call_sid = ? AND price IS NULL]], leg.price, leg.unit, at, leg.call_sid)
      count = count + (leg.price and 1 or 0)
    end
  end)
  return count
end

--- Stop asking for a leg that Twilio doesn't know (any more).
---@param call_sid string
---@param at integer milliseconds
function prices.give_up(call_sid, at)
  db:exec("UPDATE twilio_call_logs SET price_checked_at = ? WHERE call_sid = ?",
    at + prices.GIVE_UP_MS, call_sid)
end

return prices
