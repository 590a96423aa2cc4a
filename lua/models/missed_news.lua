-- models.missed_news: calls that ended, or ended otherwise than was thought, are
-- worked into the list of callers to get back to.
--
--   news.settle()          works in what is new, a part at a time; true when there is more
--   news.settle_if_able()  one part, for reads: no error when the database can't be written

local db = require("db")
local rows = require("models.missed_rows")
local texts = require("models.texts")

local news = {}

local ROUND = 100 -- calls worked in by one transaction
local READ = 10 -- the same, while somebody waits for a page
local ROUNDS = 5 -- at a time

local PENDING = [[
  SELECT p.call_sid, c.user_id, c.phone_number_id, c.direction, c."from", c."to", c.started_at, c.answered_at,
    c.ended_at, c.end_reason
  FROM missed_pending AS p LEFT JOIN twilio_call_logs AS c ON c.call_sid = p.call_sid
  ORDER BY p.call_sid LIMIT ?]]

local function work_in_news(count)
  for _, call in ipairs(db:query(PENDING, count)) do
    if call.direction then
      rows.work_in(call)
      texts.consider(call)
    end
    db:exec("DELETE FROM missed_pending WHERE call_sid = ?", call.call_sid)
  end
end

local function is_news()
  return db:one("SELECT 1 AS yes FROM missed_pending LIMIT 1") ~= nil
end

-- One short transaction. Returns whether there is news left.
local function settle_some(count)
  if is_news() then
    db:transaction(function() work_in_news(count) end)
    return is_news()
  end
  return false
end

--- Work in what calls with news changed, and whether a text is due to a caller. What piled up while nobody
--- looked and maintenance was off is done a part at a time.
---@return boolean more there is news left
function news.settle()
  for _ = 1, ROUNDS do
    if not settle_some(ROUND) then
      return false
    end
  end
  return true
end

local UNABLE = { busy = true, full = true, readonly = true, io = true, unknown = true }

--- For reads: when nothing can be written, the list stays as it was.
function news.settle_if_able()
  local ok, problem = pcall(settle_some, READ)
  if not ok and not (type(problem) == "table" and UNABLE[problem.code]) then
    error(problem, 0)
  end
end

return news
