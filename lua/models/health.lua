-- models.health: is the database whole, and can it be written? For doctor.

local db = require("db")

local health = {}

--- What the engine says about the database.
---@return string? notes what an administrator should know, a line each; nil when it is damaged
---@return string? damage
function health.check()
  return db:check()
end

--- Take the write lock and change nothing. Raises if that fails.
function health.write_nothing()
  db:exec("UPDATE alerts SET count = count WHERE id = -1")
end

--- Settings that have been switched off for long.
---@param before integer milliseconds: not touched since
---@return { id: integer, phone_number: string?, forwarding_type: string, forward_to_number: string }[]
function health.stale_settings(before)
  return db:query([[
    SELECT f.id, n.phone_number, f.forwarding_type, f.forward_to_number FROM call_forwarding AS f
    LEFT JOIN user_phone_numbers AS n ON n.id = f.phone_number_id
    WHERE f.is_active = 0 AND f.updated_at < ? AND n.released_at IS NULL ORDER BY f.id LIMIT 50]], before)
end

-- The users one after the other: the index of the sums begins with them.
local CALLED = [[
  WITH RECURSIVE u(id) AS (SELECT MIN(user_id) FROM call_totals WHERE user_id > ''
    UNION ALL SELECT (SELECT MIN(user_id) FROM call_totals WHERE user_id > u.id) FROM u
      WHERE u.id IS NOT NULL)
  SELECT n.id FROM user_phone_numbers AS n WHERE EXISTS (SELECT 1 FROM call_totals AS t
    WHERE t.user_id IN (SELECT id FROM u) AND t.phone_number_id = n.id AND t.span = 86400000
      AND t.start >= ? AND t.calls > 0)
  UNION SELECT phone_number_id FROM twilio_call_logs WHERE parent_call_sid IS NULL
    AND started_at >= (SELECT counted_to FROM call_totals_state) AND phone_number_id IS NOT NULL]]

--- Which numbers had a call since a moment, to a day.
---@param since integer milliseconds
---@return table<integer, true> by id
function health.called_since(since)
  local by_id = {}
  for _, row in ipairs(db:query(CALLED, since - 24 * 3600 * 1000)) do
    by_id[row.id] = true
  end
  return by_id
end

return health
