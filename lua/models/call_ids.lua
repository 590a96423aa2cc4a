-- models.call_ids: the call log by its ids, for what follows it with a mark.
--
--   call_ids.upto(after, count)   -> the last id of so many rows that can be passed, or nil
--
-- Where several hosts write, a row may be stored after others with higher ids. So a mark doesn't pass rows
-- that are younger than a write may take.

local db = require("db")

local call_ids = {}

local STORED_S = 5 -- longer than that, with clocks that differ by as much as the doctor accepts
local NOW = "unixepoch()"

local SEVERAL = "SELECT COUNT(*) AS n FROM hosts WHERE seen_at > (" .. NOW .. " - 10) * 1000"
local YOUNG = "SELECT MIN(id) AS id FROM twilio_call_logs WHERE id > ? AND updated_at > (" .. NOW
  .. " - ?) * 1000"
local UPTO = [[
  SELECT MAX(id) AS id FROM (
    SELECT id FROM twilio_call_logs WHERE id > ? AND id < ? ORDER BY id LIMIT ?) AS n]]

local function young(after)
  local several = db:host() and db:one(SEVERAL).n > 1
  return several and db:one(YOUNG, after, STORED_S).id or math.maxinteger
end

---@param after integer the mark
---@param count integer at most
---@return integer? id nil: there is none
function call_ids.upto(after, count)
  return db:one(UPTO, after, young(after), count).id
end

return call_ids
