-- models.missed_rows: keeps the rows of missed_calls up to date, call by call.
--
--   rows.settle()             applies the calls that changed, a few at a time
--   rows.settle_if_able()     one small part, for reads
--   rows.dismiss(row, at)     what a person does to a row; inside db:transaction
--   rows.reopen(row, at)      likewise
--
-- A row covers the missed calls of a number up to an ending: a conversation, or a dismissal. A row
-- without an ending is open. Each call that counts has a mark. A report touches its own mark and the rows
-- next to it, so neither memory nor the time that the lock is held grows with the history, and the rows come
-- out the same in whatever order reports arrive.

local db = require("db")
local judgement = require("calls.steps.judgement")
local follow_up = require("calls.report.follow_up")
local scope = require("hookswitch.scope")
local texts = require("models.texts")

local rows = {}

-- What the marks say.

local function ending_sql(comparison)
  return scope(([[
    SELECT at, closed_at, closed_by, call_sid FROM (SELECT * FROM (
      SELECT at, at AS closed_at, 'talked' AS closed_by, call_sid FROM missed_marks
      WHERE {owned} AND number = ? AND kind = 'talked' AND at %s ? ORDER BY at LIMIT 1) AS t
    UNION ALL SELECT * FROM (
      SELECT up_to AS at, at AS closed_at, 'dismissed' AS closed_by, NULL AS call_sid FROM missed_dismissals
      WHERE {owned} AND number = ? AND up_to %s ? ORDER BY up_to LIMIT 1) AS d) AS e
    ORDER BY at LIMIT 1]]):format(comparison, comparison))
end
local FROM, AFTER = ending_sql(">="), ending_sql(">")

local function ending(sql, m, at)
  return db:one(sql, m.user_id, m.number, at, m.user_id, m.number, at)
end

local MISSED = "FROM missed_marks WHERE {owned} AND number = ? AND kind = 'missed' AND at "
local FIRST = scope("SELECT at " .. MISSED .. ">= ? ORDER BY at LIMIT 1")
local LAST = scope([[
  SELECT k.at, k.call_sid, k.user_id, c.phone_number_id FROM (SELECT at, call_sid, user_id ]] .. MISSED
  .. [[<= ? ORDER BY at DESC, call_sid DESC LIMIT 1) AS k
  LEFT JOIN twilio_call_logs AS c ON c.call_sid = k.call_sid]])
local LATER = scope("SELECT COUNT(*) AS n, MIN(at) AS first_at " .. MISSED .. "> ? AND at <= ?")

local function last_until(m, at)
  return db:one(LAST, m.user_id, m.number, at)
end

local COLUMNS = "id, user_id, number, phone_number_id, calls, first_at, last_at, last_call_sid, settled_to, "
  .. "closed_at, closed_by, closed_call_sid"
local ROW = scope("SELECT " .. COLUMNS .. " FROM missed_calls WHERE {owned} AND number = ? AND settled_to ")
local CLOSED_ROW, OPEN_ROW = ROW .. "= ?", ROW .. "IS NULL"

-- The row of the calls that an ending covers, or of those that none covers.
local function row_of(m, by)
  if by then
    return db:one(CLOSED_ROW, m.user_id, m.number, by.at)
  end
  return db:one(OPEN_ROW, m.user_id, m.number)
end

local INSERT = [[
  INSERT INTO missed_calls (user_id, number, phone_number_id, calls, first_at, last_at, last_call_sid,
    settled_to, closed_at, closed_by, closed_call_sid)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]]
local UPDATE = [[
  UPDATE missed_calls SET user_id = ?, number = ?, phone_number_id = ?, calls = ?, first_at = ?, last_at = ?,
    last_call_sid = ?, settled_to = ?, closed_at = ?, closed_by = ?, closed_call_sid = ?
  WHERE id = ?]]

local function write(row)
  local values = table.pack(row.user_id, row.number, row.phone_number_id, row.calls, row.first_at,
    row.last_at, row.last_call_sid, row.settled_to, row.closed_at, row.closed_by, row.closed_call_sid)
  if row.id then
    values.n = values.n + 1
    values[values.n] = row.id
  end
  db:exec(row.id and UPDATE or INSERT, table.unpack(values, 1, values.n))
end

local function delete(row)
  db:exec("DELETE FROM missed_calls WHERE id = ?", row.id)
end

-- nil opens the row.
local function close(row, by)
  by = by or {}
  row.settled_to, row.closed_at, row.closed_by, row.closed_call_sid =
    by.at, by.closed_at, by.closed_by, by.call_sid
end

-- What a row shows of its last call.
local function show_last(row, last)
  if not last then
    return
  end
  row.last_at, row.last_call_sid = last.at, last.call_sid
  row.user_id, row.phone_number_id = last.user_id, last.phone_number_id
end

-- ---- when a mark is added or removed, its row follows ----

local ADD, REMOVE = {}, {}

function ADD.missed(m)
  local by = ending(FROM, m, m.at)
  local row = row_of(m, by)
  if not row then
    row = { number = m.number, calls = 0, first_at = m.at, last_at = m.at, last_call_sid = "" }
    close(row, by)
  end
  row.calls, row.first_at = row.calls + 1, math.min(row.first_at, m.at)
  if m.at > row.last_at or m.at == row.last_at and m.call_sid > row.last_call_sid then
    show_last(row, m)
  end
  write(row)
end

function REMOVE.missed(m)
  local row = row_of(m, ending(FROM, m, m.at))
  if not row then
    return
  elseif row.calls <= 1 then
    return delete(row)
  end
  row.calls = row.calls - 1
  local first, last = db:one(FIRST, m.user_id, m.number, row.first_at), last_until(m, row.last_at)
  if not first or not last then
    return delete(row)
  end
  row.first_at = first.at
  show_last(row, last)
  write(row)
end

-- An ending splits the row it falls into. The older part keeps the row.
function ADD.talked(m)
  local row = row_of(m, ending(AFTER, m, m.at))
  if not row or row.first_at > m.at then
    return
  end
  if row.last_at > m.at then
    local later = db:one(LATER, m.user_id, m.number, m.at, row.last_at)
    local new = setmetatable({ calls = later.n, first_at = later.first_at }, { __index = row })
    new.id = false
    write(new)
    row.calls = row.calls - later.n
    show_last(row, last_until(m, m.at))
  end
  close(row, { at = m.at, closed_at = m.at, closed_by = "talked", call_sid = m.call_sid })
  write(row)
end

local INHERIT = "UPDATE missed_calls SET assigned_to = COALESCE(assigned_to, "
  .. "(SELECT assigned_to FROM missed_calls WHERE id = ?)) WHERE id = ?"

-- Without its ending a row goes on into the next.
function REMOVE.talked(m)
  local row, by = row_of(m, m), ending(FROM, m, m.at)
  if not row then
    return
  end
  local following = not (by and by.at == m.at) and row_of(m, by)
  close(row, by)
  if following then
    row.calls = row.calls + following.calls
    show_last(row, { at = following.last_at, call_sid = following.last_call_sid, user_id = following.user_id,
      phone_number_id = following.phone_number_id })
    db:exec(INHERIT, following.id, row.id)
    delete(following)
  end
  write(row)
end

-- The mark that a call of the log should have.
local function wanted(call)
  local mark = { call_sid = call.call_sid, user_id = call.user_id, phone_number_id = call.phone_number_id }
  local key, other = follow_up.key(call), call.direction == "inbound" and call.from or call.to
  if key then
    mark.kind, mark.number, mark.at = "missed", key, call.started_at
  elseif judgement.outcome(call) == "talked" and follow_up.number(other or "")
    and not db:one("SELECT 1 AS yes FROM missed_reopened WHERE call_sid = ?", call.call_sid) then
    mark.kind, mark.number, mark.at = "talked", other, call.answered_at or call.started_at
  end
  return mark.user_id and mark.kind and mark
end

local MARK = "SELECT call_sid, user_id, number, kind, at FROM missed_marks WHERE call_sid = ?"

-- Apply what is known about a call now to its mark and the rows next to it.
local function work_in(call)
  local old, new = db:one(MARK, call.call_sid), wanted(call)
  if old and new and old.kind == new.kind and old.at == new.at and old.number == new.number
    and old.user_id == new.user_id then
    return
  end
  if old then
    db:exec("DELETE FROM missed_marks WHERE call_sid = ?", call.call_sid)
    REMOVE[old.kind](old)
  end
  if new then
    db:exec("INSERT INTO missed_marks (call_sid, user_id, number, kind, at) VALUES (?, ?, ?, ?, ?)",
      new.call_sid, new.user_id, new.number, new.kind, new.at)
    ADD[new.kind](new)
  end
end

local ROUND = 100 -- calls worked in by one transaction
local READ = 10 -- the same, while someone waits for a page
local ROUNDS = 5 -- by one call of settle

local PENDING = [[
  SELECT p.call_sid, c.user_id, c.phone_number_id, c.direction, c."from", c."to", c.started_at, c.answered_at,
    c.ended_at, c.end_reason
  FROM missed_pending AS p LEFT JOIN twilio_call_logs AS c ON c.call_sid = p.call_sid
  ORDER BY p.call_sid LIMIT ?]]

local function work_in_some(count)
  for _, call in ipairs(db:query(PENDING, count)) do
    if call.direction then
      work_in(call)
      texts.consider(call)
    end
    db:exec("DELETE FROM missed_pending WHERE call_sid = ?", call.call_sid)
  end
end

local function is_pending()
  return db:one("SELECT 1 AS yes FROM missed_pending LIMIT 1") ~= nil
end

-- In one short transaction. Returns whether calls are left.
local function settle_some(count)
  if is_pending() then
    db:transaction(function() work_in_some(count) end)
    return is_pending()
  end
  return false
end

--- Apply the calls that changed, and decide whether their callers get a text. A long backlog takes several
--- transactions.
---@return boolean more calls are left
function rows.settle()
  for _ = 1, ROUNDS do
    if not settle_some(ROUND) then
      return false
    end
  end
  return true
end

local UNABLE = { busy = true, full = true, readonly = true, io = true, unknown = true }

--- One small part, for reads: if the database can't be written, the list stays as it was.
function rows.settle_if_able()
  local ok, problem = pcall(settle_some, READ)
  if not ok and not (type(problem) == "table" and UNABLE[problem.code]) then
    error(problem, 0)
  end
end

--- Close an open row.
---@param row table
---@param at integer milliseconds
function rows.dismiss(row, at)
  db:exec("INSERT INTO missed_dismissals (user_id, number, up_to, at) VALUES (?, ?, ?, ?)",
    row.user_id, row.number, row.last_at, at)
  db:exec([[
    UPDATE missed_calls SET settled_to = ?, closed_at = ?, closed_by = 'dismissed', closed_call_sid = NULL
    WHERE id = ?]], row.last_at, at, row.id)
end

local REOPEN = {
  scope [[INSERT INTO missed_reopened (call_sid, at) SELECT call_sid, ? FROM missed_marks
    WHERE {owned} AND number = ? AND kind = 'talked' AND at >= ? ON CONFLICT (call_sid) DO NOTHING]],
  scope [[DELETE FROM missed_marks WHERE {owned} AND number = ? AND kind = 'talked' AND at >= ?]],
  scope [[DELETE FROM missed_dismissals WHERE {owned} AND number = ? AND up_to >= ?]],
}
local SINCE = "FROM missed_calls WHERE {owned} AND number = ? AND last_at >= ?"
local SUM = scope("SELECT SUM(calls) AS calls, MAX(last_at) AS last_at " .. SINCE)
local OTHERS = scope("DELETE " .. SINCE .. " AND id <> ?")

--- Reopen a row: what ended it, and conversations since, no longer count. The row and those after it become
--- one.
---@param row table
---@param at integer milliseconds
function rows.reopen(row, at)
  local user_id, number, since = row.user_id, row.number, row.first_at
  db:exec(REOPEN[1], at, user_id, number, since)
  db:exec(REOPEN[2], user_id, number, since)
  db:exec(REOPEN[3], user_id, number, since)
  local all = db:one(SUM, user_id, number, since)
  row.calls = all.calls
  show_last(row, last_until(row, all.last_at))
  close(row, nil)
  write(row)
  db:exec(OTHERS, user_id, number, since, row.id)
end

return rows
