-- models.leaks: forwarded calls that probably went to a mobile's own voicemail.
--
-- A call that was answered without pressing 1 counts, unless another key was pressed, since
-- a voicemail presses none. So does a connected call of a few seconds.

local scope = require("hookswitch.scope")
local totals = require("models.dial_totals")

local leaks = {}

leaks.SECONDS = 8 -- shorter than this, a talk is suspicious
leaks.MOST = 200 -- phones listed

local function worse(a, b)
  if a.leaked ~= b.leaked then
    return a.leaked > b.leaked
  elseif a.answered ~= b.answered then
    return a.answered > b.answered
  end
  return a.target < b.target
end

---@class LeakFilter
---@field from integer milliseconds
---@field to integer milliseconds, excluded
---@field seconds integer a shorter talk counts as answered by a voicemail

--- Phones that answered forwarded calls, those with most leaks first, at most leaks.MOST.
---@param user_id string? nil: of everybody's calls
---@param f LeakFilter
---@return { target: string, answered: integer, leaked: integer, declined: integer, share: number,
--- last_at: integer?, last_call_sid: string? }[]
---@return integer total how many phones there are
function leaks.everybody(user_id, f)
  local phones, list = totals.by_phone(user_id, f.from, f.to, f.seconds), {}
  table.sort(phones, worse)
  for position = 1, math.min(#phones, leaks.MOST) do
    local row = phones[position]
    row.share = row.leaked / row.answered
    row.last_call_sid = row.last_at and totals.last_leak(user_id, row, f.seconds)
    list[position] = row
  end
  return list, #phones
end

--- The same for the calls a user may see.
---@param user_id string
---@param f LeakFilter
---@return table[]
---@return integer total
function leaks.list(user_id, f)
  return leaks.everybody(scope.concerned(user_id), f)
end

return leaks
