-- models.missed_rows: the rows of missed_calls, worked out from the call log.
--
--   rows.settle()                              what calls with news changed
--   rows.work_out(user_id, number, since)      the rows of one number, again
--   rows.endings(user_id, number)              talks with a number, and when it was put aside

local db = require("db")
local judgements = require("models.judgements")
local ledger = require("calls.ledger")
local scope = require("hookswitch.scope")
local texts = require("models.texts")

local rows = {}

local ROUND = 200 -- calls looked at in one transaction
local ROUNDS = 5 -- at a time

-- A team's rows are everybody's; its inbound calls are found by the users who
-- own or owned a number, since the index begins with the user.
local OWNERS = "? IS NOT NULL AND user_id IN (SELECT user_id FROM user_phone_numbers)"
local OF_CALLER = scope.is_team and OWNERS or "user_id = ?"

-- `+ 0` keeps a database from looking through all of the user's calls by time:
-- those of one number are few.
local MISSED = [[
  SELECT call_sid, user_id, phone_number_id, direction, "from", end_reason, ended_at, started_at
  FROM twilio_call_logs
  WHERE ]] .. OF_CALLER .. [[ AND "from" = ? AND parent_call_sid IS NULL AND started_at + 0 > ?
  ORDER BY started_at + 0, id]]

-- Talks in either direction, but those after which somebody said: not done yet.
local ENDINGS = scope(judgements.sql([[
  SELECT COALESCE(answered_at, started_at) AS at, COALESCE(answered_at, started_at) AS closed_at,
    'talked' AS closed_by, call_sid
  FROM twilio_call_logs
  WHERE ]] .. OF_CALLER .. [[ AND "from" = ? AND parent_call_sid IS NULL AND direction = 'inbound'
    AND {talked}
    AND call_sid NOT IN (SELECT call_sid FROM missed_reopened)
  UNION ALL
  SELECT COALESCE(answered_at, started_at), COALESCE(answered_at, started_at), 'talked', call_sid
  FROM twilio_call_logs
  WHERE {owned} AND "to" = ? AND parent_call_sid IS NULL AND direction = 'outbound'
    AND {talked}
    AND call_sid NOT IN (SELECT call_sid FROM missed_reopened)
  UNION ALL
  SELECT up_to, at, 'dismissed', NULL FROM missed_dismissals WHERE {owned} AND number = ?]]))

local ROWS = scope [[
  SELECT id, first_at, last_at FROM missed_calls WHERE {owned} AND number = ? AND last_at > ?
  ORDER BY first_at, id]]

-- The rows that end before `since` cannot change any more.
local BEGIN = scope [[
  SELECT MAX(settled_to) AS at FROM missed_calls WHERE {owned} AND number = ? AND settled_to < ?]]

local INSERT = [[
  INSERT INTO missed_calls (user_id, number, phone_number_id, calls, first_at, last_at, last_call_sid,
    settled_to, closed_at, closed_by, closed_call_sid)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]]

local UPDATE = [[
  UPDATE missed_calls SET user_id = ?, number = ?, phone_number_id = ?, calls = ?, first_at = ?, last_at = ?,
    last_call_sid = ?, settled_to = ?, closed_at = ?, closed_by = ?, closed_call_sid = ?
  WHERE id = ?]]

local function write(number, episode)
  local ending, last = episode.ending or {}, episode.last
  local values = table.pack(last.user_id, number, last.phone_number_id, episode.calls, episode.first_at,
    episode.last_at, last.call_sid, ending.at, ending.closed_at, ending.closed_by, ending.call_sid)
  if episode.id then
    values.n = values.n + 1
    values[values.n] = episode.id
  end
  db:exec(episode.id and UPDATE or INSERT, table.unpack(values, 1, values.n))
end

--- Whatever covers missed calls of a number.
---@param user_id string
---@param number string
---@return Ending[]
function rows.endings(user_id, number)
  return db:query(ENDINGS, user_id, number, user_id, number, user_id, number)
end

--- Work out the rows of one number that something at `since` may have changed.
---@param user_id string
---@param number string
---@param since integer milliseconds
function rows.work_out(user_id, number, since)
  local begin = db:one(BEGIN, user_id, number, since).at or -1
  local list = {}
  for _, row in ipairs(db:query(MISSED, user_id, number, begin)) do
    if ledger.is_open(row) then
      row.at = row.started_at
      list[#list + 1] = row
    end
  end
  local episodes = ledger.episodes(list, rows.endings(user_id, number))
  for _, row in ipairs(ledger.match(episodes, db:query(ROWS, user_id, number, begin))) do
    db:exec("DELETE FROM missed_calls WHERE id = ?", row.id)
  end
  for _, episode in ipairs(episodes) do
    write(number, episode)
  end
end

local PENDING = [[
  SELECT p.call_sid, c.user_id, c.direction, c."from", c."to", c.started_at, c.ended_at, c.end_reason
  FROM missed_pending AS p LEFT JOIN twilio_call_logs AS c ON c.call_sid = p.call_sid
  ORDER BY p.call_sid LIMIT ?]]

-- Numbers with news, and since when: { user_id =, number =, since = }.
local function concerned(news)
  local list, known = {}, {}
  for _, row in ipairs(news) do
    local number = row.direction == "inbound" and row.from or row.to
    local key = number and row.user_id and (scope.is_team and "" or row.user_id .. " ") .. number
    if key and not known[key] and number:find("^%+") then
      known[key] = { user_id = row.user_id, number = number, since = row.started_at }
      list[#list + 1] = known[key]
    elseif key and known[key] then
      known[key].since = math.min(known[key].since, row.started_at)
    end
  end
  return list
end

-- The news of one transaction.
local function settle_some()
  local news = db:query(PENDING, ROUND)
  for _, one in ipairs(concerned(news)) do
    rows.work_out(one.user_id, one.number, one.since)
  end
  for _, row in ipairs(news) do
    if row.direction then
      texts.consider(row)
    end
    db:exec("DELETE FROM missed_pending WHERE call_sid = ?", row.call_sid)
  end
end

--- Work out what calls with news changed, and whether a text is due to a caller. What piled up while
--- nobody looked and maintenance was off is done a part at a time.
---@return boolean more there is news left
function rows.settle()
  for _ = 1, ROUNDS do
    if not db:one("SELECT 1 AS yes FROM missed_pending LIMIT 1") then
      return false
    end
    db:transaction(settle_some)
  end
  return true
end

return rows
