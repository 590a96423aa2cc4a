-- models.prices: what calls cost, which Twilio says some minutes after their end.

local db = require("db")

local prices = {}

local DAY_MS = 24 * 3600 * 1000

prices.AFTER_MS = 2 * 60 * 1000 -- before that Twilio has none
prices.AGAIN_MS = 15 * 60 * 1000
prices.GIVE_UP_MS = 7 * DAY_MS

-- Legs, too: each is billed for itself.
local DUE = [[
  SELECT call_sid, started_at, ended_at, duration FROM twilio_call_logs
  WHERE price IS NULL AND status = 'completed' AND ended_at < ? AND ended_at > ?
    AND (price_checked_at IS NULL OR price_checked_at < ?)
  ORDER BY ended_at LIMIT ?]]

--- Calls that have ended and whose price should be asked for now, the oldest first.
---@param at integer milliseconds
---@param limit integer
---@return { call_sid: string, started_at: integer, ended_at: integer, duration: integer? }[]
function prices.due(at, limit)
  return db:query(DUE, at - prices.AFTER_MS, at - prices.GIVE_UP_MS, at - prices.AGAIN_MS, limit)
end

--- Store what Twilio says of legs that were asked for.
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

--- Twilio does not know the leg (any more), so it is not asked for again.
---@param call_sid string
---@param at integer milliseconds
function prices.give_up(call_sid, at)
  db:exec("UPDATE twilio_call_logs SET price_checked_at = ? WHERE call_sid = ?",
    at + prices.GIVE_UP_MS, call_sid)
end

return prices
