-- models.purchases: numbers being bought; each has a row before Twilio is asked.
--
-- A pending row is the user's lock (a unique index), is what the daily cap counts,
-- and shows what to look into when an answer was lost. Until `busy_until` a request is certainly working on
-- it; after that it may be resolved.

local audit = require("models.audit")
local db = require("db")

local purchases = {}

local DAY_MS = 24 * 3600 * 1000

-- By then a request of ours has ended, whatever Twilio does.
purchases.LEASE_MS = 60000

local BEGIN = [[
  INSERT INTO number_purchases (user_id, idempotency_key, request, created_at, busy_until, updated_at)
  VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING *]]

local SPENT = [[
  SELECT COUNT(*) AS n, MIN(created_at) AS oldest FROM number_purchases
  WHERE user_id = ? AND state <> 'failed' AND created_at > ?]]

local function earlier(user_id, key)
  local row = key and db:one([[
    SELECT * FROM number_purchases WHERE user_id = ? AND idempotency_key = ? AND state <> 'failed']],
    user_id, key)
  return row or db:one("SELECT * FROM number_purchases WHERE user_id = ? AND state = 'pending'", user_id)
end

---@alias PurchaseStart "begun"|"earlier"|"capped"

--- Begin a purchase, unless the user has one under way, this key was used, or the daily cap is reached.
---@param user_id string
---@param key string? Idempotency-Key
---@param request string what is wanted, as text: to tell another request under the same key
---@param cap integer a day
---@param at integer milliseconds
---@return PurchaseStart result
---@return table|integer row; when capped, the time (milliseconds) until one more may be bought
function purchases.begin(user_id, key, request, cap, at)
  return table.unpack(db:transaction(function()
    local row = earlier(user_id, key)
    if row then
      return { "earlier", row }
    end
    local spent = db:one(SPENT, user_id, at - DAY_MS)
    if spent.n >= cap then
      return { "capped", math.max(1000, (spent.oldest or at) + DAY_MS - at) }
    end
    row = db:one(BEGIN, user_id, key, request, at, at + purchases.LEASE_MS, at)
    return { "begun", row }
  end))
end

--- Note the number about to be asked for; it is on disk before the request is sent.
---@param id integer
---@param phone string
---@param at integer milliseconds
---@return boolean false: someone else is buying that number
function purchases.choose(id, phone, at)
  return db:exec([[
    UPDATE number_purchases SET phone_number = ?, updated_at = ?
    WHERE id = ? AND state = 'pending' AND NOT EXISTS (
      SELECT 1 FROM number_purchases AS other
      WHERE other.phone_number = ? AND other.state = 'pending' AND other.id <> number_purchases.id)]],
    phone, at, id, phone) > 0
end

--- Note that it was bought; `number` is its row.
---@param purchase table row
---@param number table
---@param at integer milliseconds
function purchases.bought(purchase, number, at)
  audit.write({ id = purchase.user_id, kind = "user", at = at }, "number", "buy", function()
    db:exec([[
      UPDATE number_purchases SET state = 'bought', phone_number = ?, phone_number_id = ?, updated_at = ?
      WHERE id = ?]], number.phone_number, number.id, at, purchase.id)
    return number
  end, {})
end

--- Note that it certainly wasn't bought.
---@param id integer
---@param code string
---@param message string
---@param at integer milliseconds
function purchases.failed(id, code, message, at)
  db:exec([[
    UPDATE number_purchases SET state = 'failed', error_code = ?, error_message = ?, updated_at = ?
    WHERE id = ? AND state = 'pending']], code, message, at, id)
end

--- Note that the outcome is unknown: the row stays pending, and is checked again after `until_at`.
---@param id integer
---@param code string
---@param message string
---@param until_at integer milliseconds
---@param at integer milliseconds
function purchases.unsure(id, code, message, until_at, at)
  db:exec([[
    UPDATE number_purchases SET error_code = ?, error_message = ?, busy_until = ?, updated_at = ?
    WHERE id = ? AND state = 'pending']], code, message, until_at, at, id)
end

--- Purchases without a working request whose outcome is unknown, those that were looked at last at the end.
---@param at integer milliseconds
---@return table[]
function purchases.left_behind(at)
  return db:query([[
    SELECT * FROM number_purchases WHERE state = 'pending' AND busy_until <= ?
    ORDER BY updated_at, id LIMIT 50]], at)
end

--- Let the others have their turn first, whatever comes of this one.
---@param id integer
---@param at integer milliseconds
function purchases.looked_at(id, at)
  db:exec("UPDATE number_purchases SET updated_at = ? WHERE id = ? AND state = 'pending'", at, id)
end

--- The user who is buying this number, if any.
---@param phone string
---@return table? row
function purchases.of_number(phone)
  return db:one("SELECT * FROM number_purchases WHERE phone_number = ? AND state = 'pending'", phone)
end

return purchases
