-- models.missed: callers to call back, and messages nobody has heard.
--
--   missed.settle()          applies calls that changed, a few at a time; for writes and maintenance
--   missed.settle_if_able()  one small part of that, for reads
--
-- A verdict (models.judgements) only notes that a call changed. The list is brought up to date when it is
-- read, or by maintenance: webhooks don't wait for it, and nothing is lost if the program ends in between.

local db = require("db")
local etag = require("hookswitch.etag")
local json = require("json")
local follow_up = require("calls.report.follow_up")
local notes = require("models.notes")
local rows = require("models.missed_rows")
local scope = require("hookswitch.scope")

local missed = {}

missed.settle = rows.settle
missed.settle_if_able = rows.settle_if_able

-- Messages are looked for in the last hundred calls of a row.
local CALLS = [[
  (SELECT k.call_sid FROM missed_marks AS k WHERE {owned:k}
    AND k.number = m.number AND k.kind = 'missed' AND k.at BETWEEN m.first_at AND m.last_at
    ORDER BY k.at DESC LIMIT 100)]]
local IS_MESSAGE = "r.kind = 'voicemail' AND r.status = 'completed' AND r.deleted_at IS NULL"

-- A caller blocked since needs no call back.
local VISIBLE = [[
  SELECT m.id, m.user_id, m.number, m.phone_number_id, m.calls, m.first_at, m.last_at, m.last_call_sid,
    m.assigned_to, m.closed_at, m.closed_by, m.closed_call_sid,
    (SELECT c."from" FROM twilio_call_logs AS c WHERE c.call_sid = m.last_call_sid) AS "from",
    (SELECT k.name FROM contacts AS k WHERE {owned:k} AND k.number = m.number AND k.name <> ''
      ORDER BY k.id LIMIT 1) AS name,
    (SELECT r.recording_sid FROM recordings AS r WHERE r.call_sid IN ]] .. CALLS
  .. " AND " .. IS_MESSAGE .. [[
      ORDER BY r.started_at DESC, r.id DESC LIMIT 1) AS voicemail_recording_sid
  FROM missed_calls AS m
  WHERE {owned:m}]]

local NOT_BLOCKED = [[
  m.number NOT IN (SELECT b.number FROM contacts AS b WHERE {owned:b} AND b.blocked = 1)]]

local PAGE = [[
  AND (? IS NULL OR COALESCE(m.assigned_to, '') = ?)
  AND (? IS NULL OR m.last_at < ? OR (m.last_at = ? AND m.id < ?))
  ORDER BY m.last_at DESC, m.id DESC LIMIT ?]]

local OPEN = scope(VISIBLE .. " AND m.closed_at IS NULL AND " .. NOT_BLOCKED .. PAGE)
local CLOSED = scope(VISIBLE .. " AND m.closed_at IS NOT NULL AND (? IS NOT NULL)" .. PAGE)
local ONE = scope(VISIBLE .. " AND m.id = ?")
local COUNT = scope("SELECT COUNT(*) AS n FROM missed_calls AS m WHERE {owned:m} AND m.closed_at IS NULL AND "
  .. NOT_BLOCKED)
local OF_NUMBER = scope [[
  SELECT id FROM missed_calls WHERE {owned} AND number = ?
  ORDER BY closed_at IS NOT NULL, last_at DESC LIMIT 1]]

-- Someone has talked to the caller since, but a message is unheard; only the newest two hundred messages
-- count. The plus signs keep SQLite from going through the rows by time instead of by number.
local UNHEARD = scope([[
  SELECT DISTINCT m.id FROM (SELECT call_sid FROM recordings WHERE {owned} AND kind = 'voicemail'
      AND status = 'completed' AND heard_at IS NULL AND deleted_at IS NULL
      ORDER BY started_at DESC LIMIT 200) AS r
    JOIN missed_marks AS k ON k.call_sid = r.call_sid AND k.kind = 'missed'
    JOIN missed_calls AS m ON m.number = k.number AND {owned:m} AND m.closed_by = 'talked'
      AND k.at BETWEEN +m.first_at AND +m.last_at
  WHERE ]] .. NOT_BLOCKED)
local SOME_CLOSED = scope(VISIBLE .. " AND m.id IN (SELECT CAST(value AS BIGINT) FROM json_each(?))" .. PAGE)
-- Calls come first: for calls in a condition PostgreSQL would try every recording.
local MESSAGES = scope([[
  SELECT r.recording_sid, r.call_sid, r.duration, r.transcript, r.started_at, r.heard_at
  FROM (SELECT k.call_sid FROM missed_calls AS m JOIN missed_marks AS k ON {owned:k}
      AND k.number = m.number AND k.kind = 'missed' AND k.at BETWEEN m.first_at AND m.last_at
      WHERE m.id = ? ORDER BY k.at DESC LIMIT 100) AS k
    JOIN recordings AS r ON r.call_sid = k.call_sid AND ]] .. IS_MESSAGE .. [[
  ORDER BY r.started_at DESC, r.id DESC]])

-- As people see it. The tag covers only the row itself, so it is stamped before messages and note are added.
local function shown(user_id, row)
  local key = row.number
  row.number = follow_up.number(key)
  etag.stamp(row)
  row.messages, row.unheard = json.array(db:query(MESSAGES, user_id, row.id)), 0
  for _, message in ipairs(row.messages) do
    row.unheard = row.unheard + (message.heard_at and 0 or 1)
  end
  row.note = notes.last(user_id, key)
  return row
end

local function unheard_ids(user_id)
  local ids = json.array {}
  for position, row in ipairs(db:query(UNHEARD, user_id, user_id, user_id)) do
    ids[position] = row.id
  end
  return ids
end

local function later(a, b)
  return a.last_at > b.last_at or a.last_at == b.last_at and a.id > b.id
end

--- Callers to call back (open), or dealt with (closed), latest call first. A caller with an unheard
--- message is open even if someone has talked to them.
---@param user_id string
---@param f { state: "open"|"closed", assigned: string?, before: { at: integer, id: integer }?,
--- limit: integer } assigned: a user's id; "" for unassigned
---@return table[]
function missed.list(user_id, f)
  local at, id = f.before and f.before.at, f.before and f.before.id
  local function page(sql, third)
    return db:query(sql, user_id, user_id, user_id, third, f.assigned, f.assigned, at, at, at, id, f.limit)
  end
  local list = page(f.state == "closed" and CLOSED or OPEN, user_id)
  local ids = f.state == "open" and unheard_ids(user_id) or {}
  if #ids > 0 then
    local more = page(SOME_CLOSED, json.encode(ids))
    table.move(more, 1, #more, #list + 1, list)
    table.sort(list, later)
    list = table.move(list, 1, f.limit, 1, {})
  end
  for _, row in ipairs(list) do
    shown(user_id, row)
  end
  return list
end

-- For commands: everybody's, or one user's.
local function everybodys(sql)
  local whose = sql:gsub("{owned:m}", "(? IS NULL OR m.user_id = ?)")
  return (whose:gsub("{owned:(%w)}", "%1.user_id = m.user_id"))
end
local LAST_FIRST = " ORDER BY m.last_at DESC, m.id DESC LIMIT ?"
local ALL_OPEN = everybodys(VISIBLE .. " AND m.closed_at IS NULL AND " .. NOT_BLOCKED .. LAST_FIRST)
local ALL_CLOSED = everybodys(VISIBLE .. " AND m.closed_at IS NOT NULL" .. LAST_FIRST)

---@param user_id string?
---@param state "open"|"closed"
---@param limit integer
---@return table[]
function missed.everybody(user_id, state, limit)
  local list = db:query(state == "closed" and ALL_CLOSED or ALL_OPEN, user_id, user_id, limit)
  for _, row in ipairs(list) do
    shown(row.user_id, row)
  end
  return list
end

--- The row's owner.
---@param id integer
---@return string? user_id
function missed.owner(id)
  local row = db:one("SELECT user_id FROM missed_calls WHERE id = ?", id)
  return row and row.user_id
end

--- How many callers wait for a call back, or left a message nobody has heard.
---@param user_id string
---@return integer
function missed.count(user_id)
  return db:one(COUNT, user_id, user_id).n + #unheard_ids(user_id)
end

---@param user_id string
---@param id integer
---@return table?
function missed.get(user_id, id)
  local row = db:one(ONE, user_id, user_id, user_id, id)
  return row and shown(user_id, row)
end

--- The open row of a number, or else its last one.
---@param user_id string
---@param number string E.164
---@return table?
function missed.of_number(user_id, number)
  local row = db:one(OF_NUMBER, user_id, number)
  return row and missed.get(user_id, row.id)
end

--- The key that notes about a row are stored under.
---@param user_id string
---@param id integer
---@return string? key as follow_up.key gives it
function missed.key(user_id, id)
  local row = db:one(ONE, user_id, user_id, user_id, id)
  return row and row.number
end

-- Change a row in a transaction, and say whether it changed. `write` gets it as the table has it.
local function change(user_id, id, agree, write)
  return db:transaction(function()
    local row = missed.get(user_id, id)
    if not row then
      return nil
    elseif agree then
      agree(row)
    end
    local is_changed = write(db:one(ONE, user_id, user_id, user_id, id))
    return missed.get(user_id, id), is_changed
  end)
end

local HEAR = scope [[
  UPDATE recordings SET heard_at = ?, heard_by = ? WHERE kind = 'voicemail' AND heard_at IS NULL
    AND call_sid IN (SELECT call_sid FROM missed_marks WHERE {owned} AND number = ? AND kind = 'missed'
      AND at BETWEEN ? AND ?)]]

--- Dismiss a row, and mark its messages as heard. A later missed call opens a new one.
---@param user_id string
---@param id integer
---@param at integer milliseconds
---@param agree? fun(row: table) raises when it may not be changed
---@return table? row nil if there is none; a closed row stays unchanged
---@return boolean? is_changed
function missed.dismiss(user_id, id, at, agree)
  return change(user_id, id, agree, function(row)
    db:exec(HEAR, at, user_id, user_id, row.number, row.first_at, row.last_at)
    if not row.closed_at then
      rows.dismiss(row, at)
    end
    return not row.closed_at
  end)
end

--- Reopen a dismissed row; talks since then don't settle it.
---@param user_id string
---@param id integer
---@param at integer milliseconds
---@param agree? fun(row: table) raises when it may not be changed
---@return table? row nil if there is none; an open row stays unchanged
---@return boolean? is_changed
function missed.reopen(user_id, id, at, agree)
  return change(user_id, id, agree, function(row)
    local is_closed = row.closed_at ~= nil
    if is_closed then
      rows.reopen(row, at)
    end
    return is_closed
  end)
end

--- Assign a row to someone.
---@param user_id string
---@param id integer
---@param assignee string? a user's id; nil unassigns it
---@param agree? fun(row: table) raises when it may not be changed
---@return table? row nil if there is none
---@return boolean? is_changed
function missed.assign(user_id, id, assignee, agree)
  return change(user_id, id, agree, function(row)
    db:exec("UPDATE missed_calls SET assigned_to = ? WHERE id = ?", assignee, row.id)
    return row.assigned_to ~= assignee
  end)
end

return missed
