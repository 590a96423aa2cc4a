-- ledger.lua: callers to get back to, worked out from the calls themselves.
--
--   ledger.episodes(missed, endings)   -> Episode[], oldest first
--   ledger.match(episodes, rows)       gives each episode the id of the row that shows it already
--   ledger.is_open(call)               does it ask for a call back, and can the caller be called?
--
-- Missed calls of one number make one episode, until somebody talked to that
-- number or put it aside; the next missed call begins another. All of it is a
-- function of what happened, so reports may come twice, late or in any order.

local caller = require("calls.caller")
local judgement = require("calls.judgement")

---@class MissedCall
---@field at integer when it began, milliseconds
---@field call_sid string
---@field user_id string
---@field phone_number_id integer?

---@class Ending what covers the missed calls that began until `at`
---@field at integer
---@field closed_at integer when that was done
---@field closed_by "talked"|"dismissed"
---@field call_sid string? the talk

---@class Episode
---@field id integer? of the row that shows it already
---@field calls integer
---@field first_at integer
---@field last_at integer
---@field last MissedCall
---@field ending Ending?

local ledger = {}

--- Nobody can be called back who shows no number.
---@param call table row of the call log
---@return boolean
function ledger.is_open(call)
  return judgement.reached_nobody(call) and caller.classify(call.from).kind == "phone"
end

---@param missed MissedCall[] of one number, oldest first
---@param endings Ending[] in any order
---@return Episode[]
function ledger.episodes(missed, endings)
  local sorted = table.move(endings, 1, #endings, 1, {})
  table.sort(sorted, function(a, b) return a.at < b.at end)
  local episodes, position, current = {}, 1, nil
  for _, call in ipairs(missed) do
    while sorted[position] and sorted[position].at < call.at do
      position, current = position + 1, nil
    end
    if not current then
      current = { calls = 0, first_at = call.at, ending = sorted[position] }
      episodes[#episodes + 1] = current
    end
    current.calls, current.last_at, current.last = current.calls + 1, call.at, call
  end
  return episodes
end

local function overlaps(episode, row)
  return row.first_at <= episode.last_at and row.last_at >= episode.first_at
end

--- A row stays the row of an episode that shares calls with it.
---@param episodes Episode[]
---@param rows { id: integer, first_at: integer, last_at: integer }[] oldest first
---@return table[] unused rows that show nothing any more
function ledger.match(episodes, rows)
  local unused = {}
  for _, row in ipairs(rows) do
    local found
    for _, episode in ipairs(episodes) do
      if not found and not episode.id and overlaps(episode, row) then
        found, episode.id = true, row.id
      end
    end
    if not found then
      unused[#unused + 1] = row
    end
  end
  return unused
end

return ledger
