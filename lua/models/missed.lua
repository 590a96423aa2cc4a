-- models.missed: callers to get back to.
--
--   missed.settle()          works in what is new, a part at a time; changes and maintenance do
--   missed.settle_if_able()  one small part of that; a read does
--
-- A verdict (models.judgements) only notes that a call has news. It is worked in
-- when somebody looks, or by maintenance: nothing is lost when the program ends
-- in between, and a webhook is not held up.

local db = require("db")
local etag = require("hookswitch.etag")
local news = require("models.missed_news")
local rows = require("models.missed_rows")
local scope = require("hookswitch.scope")

local missed = {}

missed.settle = news.settle
missed.settle_if_able = news.settle_if_able

-- A caller blocked since need not be called back. A message is looked for in the
-- last hundred calls.
local VISIBLE = [[
  SELECT m.id, m.user_id, m.number, m.phone_number_id, m.calls, m.first_at, m.last_at, m.last_call_sid,
    m.closed_at, m.closed_by, m.closed_call_sid,
    (SELECT k.name FROM contacts AS k WHERE {owned:k} AND k.number = m.number AND k.name <> ''
      ORDER BY k.id LIMIT 1) AS name,
    (SELECT r.recording_sid FROM recordings AS r
      WHERE r.call_sid IN (SELECT k.call_sid FROM missed_marks AS k WHERE k.user_id = m.user_id
          AND k.number = m.number AND k.kind = 'missed' AND k.at BETWEEN m.first_at AND m.last_at
          ORDER BY k.at DESC LIMIT 100)
        AND r.kind = 'voicemail' AND r.status = 'completed' AND r.deleted_at IS NULL
      ORDER BY r.started_at DESC, r.id DESC LIMIT 1) AS voicemail_recording_sid
  FROM missed_calls AS m
  WHERE {owned:m}]]

local NOT_BLOCKED = [[
  m.number NOT IN (SELECT b.number FROM contacts AS b WHERE {owned:b} AND b.blocked = 1)]]

local PAGE = [[
  AND (? IS NULL OR m.last_at < ? OR (m.last_at = ? AND m.id < ?))
  ORDER BY m.last_at DESC, m.id DESC LIMIT ?]]

local OPEN = scope(VISIBLE .. " AND m.closed_at IS NULL AND " .. NOT_BLOCKED .. PAGE)
local CLOSED = scope(VISIBLE .. " AND m.closed_at IS NOT NULL AND (? IS NOT NULL)" .. PAGE)
local ONE = scope(VISIBLE .. " AND m.id = ?")
local COUNT = scope("SELECT COUNT(*) AS n FROM missed_calls AS m WHERE {owned:m} AND m.closed_at IS NULL AND "
  .. NOT_BLOCKED)

--- Callers of one kind, who called last first.
---@param user_id string
---@param f { state: "open"|"closed", before: { at: integer, id: integer }?, limit: integer }
---@return table[]
function missed.list(user_id, f)
  local at, id = f.before and f.before.at, f.before and f.before.id
  local sql = f.state == "closed" and CLOSED or OPEN
  local list = db:query(sql, user_id, user_id, user_id, at, at, at, id, f.limit)
  for _, row in ipairs(list) do
    etag.stamp(row)
  end
  return list
end

-- For commands: of everybody, or of one user.
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
  return db:query(state == "closed" and ALL_CLOSED or ALL_OPEN, user_id, user_id, limit)
end

--- Whose row it is.
---@param id integer
---@return string? user_id
function missed.owner(id)
  local row = db:one("SELECT user_id FROM missed_calls WHERE id = ?", id)
  return row and row.user_id
end

--- How many callers are to be called back.
---@param user_id string
---@return integer
function missed.count(user_id)
  return db:one(COUNT, user_id, user_id).n
end

---@param user_id string
---@param id integer
---@return table?
function missed.get(user_id, id)
  local row = db:one(ONE, user_id, user_id, id)
  return row and etag.stamp(row)
end

--- Nobody needs to call back. Calls that come after the ones that are counted open it again.
---@param user_id string
---@param id integer
---@param at integer milliseconds
---@param agree? fun(row: table) raises when it may not be changed
---@return table? row nil: there is none; a row that is closed stays as it is
function missed.dismiss(user_id, id, at, agree)
  return db:transaction(function()
    local row = missed.get(user_id, id)
    if row and agree then
      agree(row)
    end
    if not row or row.closed_at then
      return row
    end
    rows.dismiss(row, at)
    return missed.get(user_id, id)
  end)
end

--- Not done yet after all: what was talked since does not count, and it is not put aside any more.
---@param user_id string
---@param id integer
---@param at integer milliseconds
---@param agree? fun(row: table) raises when it may not be changed
---@return table? row nil: there is none; a row that is open stays as it is
function missed.reopen(user_id, id, at, agree)
  return db:transaction(function()
    local row = missed.get(user_id, id)
    if row and agree then
      agree(row)
    end
    if not row or not row.closed_at then
      return row
    end
    rows.reopen(row, at)
    return missed.get(user_id, id)
  end)
end

return missed
