-- models.leases: what only one host does at a time.
--
--   leases.take(name, ms)    take it for this process -> true, or false and who has it
--
-- The holder takes it again before it ends. It is free sooner if the holder has
-- died, which its row in `hosts` shows. Commands have no such row, so theirs just
-- runs out. Times are the database's clock.

local db = require("db")

local leases = {}

local NOW = "(unixepoch() * 1000)"
local DEAD_MS = 10 * 1000 -- a host moves its row every second

local TAKE = [[
  INSERT INTO leases (name, host, until) VALUES (?, ?, ]] .. NOW .. [[ + ?)
  ON CONFLICT (name) DO UPDATE SET host = excluded.host, until = excluded.until
  WHERE leases.host = excluded.host OR leases.until < ]] .. NOW .. [[
    OR EXISTS (SELECT 1 FROM hosts WHERE id = leases.host AND seen_at < ]] .. NOW .. " - " .. DEAD_MS .. [[)
  RETURNING host]]

local HOLDER = [[
  SELECT COALESCE(h.name, l.host) AS name FROM leases AS l LEFT JOIN hosts AS h ON h.id = l.host
  WHERE l.name = ?]]

--- Take a lease, or take it again. A database of one host needs none.
---@param name string
---@param ms integer how long it holds
---@return boolean taken
---@return string? holder the name of the host that has it
function leases.take(name, ms)
  local host = db:host()
  if not host or db:one(TAKE, name, host, ms) then
    return true
  end
  local row = db:one(HOLDER, name)
  return false, row and row.name
end

--- Give the lease back.
---@param name string
function leases.leave(name)
  local host = db:host()
  if host then
    db:exec("DELETE FROM leases WHERE name = ? AND host = ?", name, host)
  end
end

return leases
