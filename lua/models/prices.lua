-- models.prices: what calls cost, which Twilio says some minutes after their end.

local db = require("db")

local prices = {}

local DAY_MS = 24 * 3600 * 1000

prices.AFTER_MS = 2 * 60 * 1000 -- before that Twilio has none
prices.AGAIN_MS = 15 * 60 * 1000
prices.GIVE_UP_MS = 7 * DAY_MS

-- Legs, too: each is billed for itself.
local DUE = [[
  SELECT call_sid, started_at, ended_at FROM twilio_call_logs
  WHERE price IS NULL AND status = 'completed' AND ended_at < ? AND ended_at > ?
    AND (price_checked_at IS NULL OR price_checked_at < ?)
  ORDER BY ended_at LIMIT ?]]

--- Calls that have ended and whose price should be asked for now, the oldest first.
---@param at integer milliseconds
---@param limit integer
---@return { call_sid: string, started_at: integer, ended_at: integer }[]
function prices.due(at, limit)
  return db:query(DUE, at - prices.AFTER_MS, at - prices.GIVE_UP_MS, at - prices.AGAIN_MS, limit)
end

--- Store what Twilio says of the calls that were asked for.
---@param calls { call_sid: string }[] that were asked for
---@param found table<string, { price: string, unit: string? }> by CallSid; who is missing has none yet
---@param at integer milliseconds
---@return integer priced
function prices.store(calls, found, at)
  return db:transaction(function()
    local count = 0
    for _, call in ipairs(calls) do
      local price = found[call.call_sid]
      db:exec([[
        UPDATE twilio_call_logs SET price = ?, price_unit = ?, price_checked_at = ? WHERE call_sid = ?]],
        price and price.price, price and price.unit, at, call.call_sid)
      count = count + (price and 1 or 0)
    end
    return count
  end)
end

return prices
