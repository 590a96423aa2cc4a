-- models.call_sources: where the calls that match a filter are found, for pages.read.
--
--   sources.of(user_id, f)   together these have all calls that match
--   sources.owners(user_id)  whose calls a user may see

local callers = require("models.callers")
local db = require("db")
local json = require("json")
local judgement = require("calls.steps.judgement")
local judgements = require("models.judgements")
local pages = require("models.pages")
local scope = require("hookswitch.scope")
local totals = require("models.call_totals")

local sources = {}

local CALLS = "twilio_call_logs WHERE parent_call_sid IS NULL AND "
local UNDER_WAY = { queued = true, initiated = true, ringing = true, ["in-progress"] = true }
local OPEN = "status IN ('queued', 'initiated', 'ringing', 'in-progress')"
-- As the indexes have it.
local CLOSED = "status <> 'queued' AND status <> 'initiated' AND status <> 'ringing' "
  .. "AND status <> 'in-progress'"
sources.CLOSED = CLOSED

-- The kinds of calls there are, as the index twilio_call_logs_kind has them.
local KINDS = pages.kinds(CALLS .. CLOSED,
  { "COALESCE(user_id, '')", "direction", "status", "COALESCE(end_reason, '')" })
local OWNERS = pages.kinds(CALLS .. CLOSED, { "COALESCE(user_id, '')" })

local ALL = pages.sql("SELECT id, started_at FROM " .. CALLS .. scope("{owned}"))

-- The rest of a filter is applied to the rows.
local FILTER = judgements.sql([[
    AND (? IS NULL OR "from" = ?) AND (? IS NULL OR "to" = ?) AND (? IS NULL OR "from" = ? OR "to" = ?)
    AND (? IS NULL OR status = ?) AND (? IS NULL OR direction = ?) AND (? IS NULL OR end_reason = ?)
    AND (? IS NULL OR {outcome} = ?) AND (? IS NULL OR INSTR(@, ?) > 0 OR INSTR(@, ?) > 0
      OR @ IN (SELECT value FROM json_each(?)))]]):gsub("@", callers.OTHER)

local KIND = pages.sql(KINDS.where .. FILTER)

local function some(conditions, rows)
  return pages.sql("SELECT id, started_at FROM " .. (rows or CALLS) .. conditions .. FILTER)
end
local FROM = some('user_id = ? AND "from" = ?')
local TO = some(CLOSED .. ' AND user_id = ? AND "to" = ?')
local ONE = some(scope("{owned}") .. " AND call_sid = ?")
local EVERY = some(scope("{owned}"))
local BEGUN = some(OPEN .. " AND " .. scope("{owned}") .. " AND started_at >= ?")
-- SQLite starts a cross join at its first table, so the short one comes first.
local function joined(few, conditions)
  return ("(SELECT c.* FROM %s AS s CROSS JOIN twilio_call_logs AS c WHERE %s) AS c WHERE "):format(
    few, conditions)
end
local STRAGGLERS = some(OPEN .. " AND " .. scope("{owned}") .. " AND ? IS NOT NULL",
  joined("call_stragglers", "c.id = s.id"))
local FROM_ANY = some("1 = 1", joined("json_each(?)",
  [[c.user_id = ? AND c."from" = s.value AND c.parent_call_sid IS NULL]]))
local TO_ANY = some("1 = 1", joined("json_each(?)",
  [[c.user_id = ? AND c."to" = s.value AND c.parent_call_sid IS NULL AND ]]
    .. CLOSED:gsub("status", "c.status")))
-- A few numbers are named one by one, since PostgreSQL knows then how few calls they have. SQLite
-- would rather read all calls in their order, if it knew what that is.
local FEW = 20
local function named(conditions)
  return pages.sql("SELECT id, started_at FROM (WITH n AS MATERIALIZED (SELECT id, started_at FROM " .. CALLS
    .. conditions .. " IN (" .. ("?, "):rep(FEW - 1) .. "?)" .. FILTER
    .. ") SELECT * FROM n) AS c WHERE 1 = 1")
end
local FROM_FEW = named('user_id = ? AND "from"')
local TO_FEW = named(CLOSED .. ' AND user_id = ? AND "to"')

local function owner(user_id)
  return not scope.is_team and user_id or nil
end

--- Whose calls a user may see.
---@param user_id string
---@return string[]
function sources.owners(user_id)
  local list = {}
  for position, one in ipairs(OWNERS.sources { owner(user_id) }) do
    list[position] = one.values[1]
  end
  return list
end

-- What FILTER's parameters stand for.
local function rest(f)
  local q = f.matching or { patterns = {} }
  return table.pack(f.from, f.from, f.to, f.to, f.number, f.number, f.number, f.status, f.status,
    f.direction, f.direction, f.end_reason, f.end_reason, f.outcome, f.outcome,
    q.named, q.patterns[1], q.patterns[2], q.named)
end

local function add_all(list, f, sql, values)
  local more = rest(f)
  table.move(more, 1, more.n, values.n + 1, values)
  values.n = values.n + more.n
  local source = { sql = sql, values = values }
  list[#list + 1] = source
  return source
end

local function add(list, f, sql, ...)
  add_all(list, f, sql, table.pack(...))
end

-- Most numbers have few calls. The team's own numbers, its browsers and "anonymous" have many. So many are
-- read in 25 ms, while a kind of calls that the number never has is read to its end.
local MANY_CALLS = 10000
local function probe(conditions)
  return ("SELECT id FROM %s%s LIMIT 1 OFFSET %d"):format(CALLS, conditions, MANY_CALLS)
end
-- Bounds, since PostgreSQL would read all rows for a number that it takes for a frequent one.
local MANY_FROM = probe('user_id = ? AND "from" >= ? AND "from" <= ?')
local MANY_TO = probe(CLOSED .. ' AND user_id = ? AND "to" >= ? AND "to" <= ?')

local function has_many(user_id, f)
  local from, to = f.from or f.number, not f.from and (f.to or f.number)
  for _, whose in ipairs(sources.owners(user_id)) do
    if from and db:one(MANY_FROM, whose, from, from) or to and db:one(MANY_TO, whose, to, to) then
      return true
    end
  end
  return false
end

local function add_number(list, user_id, f)
  for _, whose in ipairs(sources.owners(user_id)) do
    if f.from or f.number then
      add(list, f, FROM, whose, f.from or f.number)
    end
    if f.number and not f.from or f.to and not f.from then
      add(list, f, TO, whose, f.to or f.number)
    end
  end
end

local function add_numbers(list, user_id, f)
  local numbers = f.matching.numbers
  local few, all = #numbers <= FEW, json.encode(json.array(numbers))
  for _, whose in ipairs(sources.owners(user_id)) do
    for _, sql in ipairs(few and { FROM_FEW, TO_FEW } or { FROM_ANY, TO_ANY }) do
      local values = few and { whose, n = FEW + 1 } or { all, whose, n = 2 }
      table.move(numbers, 1, few and #numbers or 0, 2, values) -- the rest stays NULL, which equals nothing
      add_all(list, f, sql, values).unordered = true
    end
  end
end

-- An end reason is of one outcome; rows without one are looked at.
local function kinds(user_id, f)
  local given = { owner(user_id), f.direction, f.status, f.end_reason }
  if not (f.outcome or f.from or f.to or f.number or f.matching) then
    return KINDS.sources(given)
  end
  local list, more = {}, rest(f)
  for _, kind in ipairs(KINDS.sources(given, KIND, table.unpack(more, 1, more.n))) do
    local direction, reason = kind.values[2], kind.values[4]
    local outcome = reason ~= "" and judgement.outcome { direction = direction, end_reason = reason }
    if not (f.outcome and outcome) or outcome == f.outcome then
      list[#list + 1] = kind
    end
  end
  return list
end

--- Sources that together have all calls that match.
---@param user_id string
---@param f table filters of call_log.list
---@return PageSource[]
function sources.of(user_id, f)
  local list = {}
  if f.call_sid then
    add(list, f, ONE, user_id, f.call_sid)
    return list
  end
  local by_number, by_kind = f.from or f.to or f.number, f.status or f.direction or f.end_reason or f.outcome
  if not (by_number or f.matching or by_kind) then
    return { { sql = ALL, values = { user_id, n = 1 } } }
  end
  local found = f.matching and f.matching.numbers
  if by_number and not ((found or by_kind) and has_many(user_id, f)) then
    add_number(list, user_id, f)
  elseif found then
    add_numbers(list, user_id, f)
  elseif not by_kind then
    add(list, f, EVERY, user_id)
    return list
  elseif not UNDER_WAY[f.status] then
    list = kinds(user_id, f)
  end
  if not f.status or UNDER_WAY[f.status] then
    add(list, f, BEGUN, user_id, totals.counted_to())
    add(list, f, STRAGGLERS, user_id, 0)
  end
  return list
end

return sources
