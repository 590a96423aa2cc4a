-- models.callers: the numbers at the other end of calls, for searches: there are
-- far fewer of them than calls.
--
--   callers.settle()                   enters the numbers of new calls; true when there are more
--   callers.matching(user_id, text)    -> what the call log is searched by
--   callers.candidates(user_id, text, limit)  -> who may be meant, with names
--
-- The table follows the call log by its ids, when someone searches and in
-- maintenance, so that a webhook writes nothing for it.

local call_ids = require("models.call_ids")
local contacts = require("models.contacts")
local db = require("db")
local json = require("json")
local scope = require("hookswitch.scope")
local search = require("calls.parties.search")

local callers = {}

local OTHER = [[CASE direction WHEN 'inbound' THEN "from" ELSE "to" END]]
callers.OTHER = OTHER -- the number at the other end of a row of the call log

local CHUNK = 5000 -- rows of the call log that one transaction enters
local READ = 1000 -- the same, while someone waits

local SEEN = "SELECT seen_id FROM callers_state"
-- Ordered, or PostgreSQL expects to meet one soon wherever it begins to read.
local MORE = "SELECT 1 AS yes FROM twilio_call_logs WHERE id > ? ORDER BY id LIMIT 1"
local ENTER = ([[
  INSERT INTO callers (user_id, number, calls, last_at)
  SELECT user_id, %s, COUNT(*), MAX(started_at) FROM twilio_call_logs
  WHERE id > ? AND id <= ? AND parent_call_sid IS NULL AND user_id IS NOT NULL AND %s LIKE '+%%'
  GROUP BY 1, 2
  ON CONFLICT (user_id, number) DO UPDATE SET calls = callers.calls + excluded.calls,
    last_at = MAX(callers.last_at, excluded.last_at)]]):format(OTHER, OTHER)

local function settle_some(count)
  contacts.fold_names(count)
  local seen = db:one(SEEN).seen_id
  if not db:one(MORE, seen) then
    return false
  end
  return db:transaction(function()
    local from = db:one(SEEN).seen_id
    local upto = call_ids.upto(from, count)
    if not upto then
      return false
    end
    db:exec(ENTER, from, upto)
    db:exec("UPDATE callers_state SET seen_id = ?", upto)
    return db:one(MORE, upto) ~= nil
  end)
end

--- Enter the numbers of new calls, a few thousand at once.
---@return boolean more
function callers.settle()
  return settle_some(CHUNK)
end

local UNABLE = { busy = true, full = true, readonly = true, io = true, unknown = true }

-- For reads: if the database can't be written, the newest calls aren't found yet.
local function settle_if_able()
  local ok, problem = pcall(settle_some, READ)
  if not ok and not (type(problem) == "table" and UNABLE[problem.code]) then
    error(problem, 0)
  end
end

local MANY = 2000 -- numbers that are looked up one by one
local MANY_CALLS = 20000 -- from so many on, the newest calls are read till enough fit

local FIND = "SELECT number, calls FROM callers WHERE {owned} AND (%s) LIMIT ?"

-- The rows of a statement whose numbers fit a pattern; one with a plus is the beginning, which an index has.
local function fitting(sql, user_id, patterns, ...)
  local conditions, values = {}, { user_id }
  for position, pattern in ipairs(patterns) do
    local begins = pattern:find("^%+")
    conditions[position] = begins and "number >= ? AND number < ?" or "INSTR(number, ?) > 0"
    values[#values + 1] = pattern
    values[#values + 1] = begins and pattern .. ":" or nil -- what comes after 9
  end
  if #conditions == 0 then
    return {}
  end
  local more = { ... }
  table.move(more, 1, #more, #values + 1, values)
  local statement = scope(sql:format(table.concat(conditions, " OR "))) -- of the two fixed texts above
  return db:query(statement, table.unpack(values))
end

---@class CallerMatch
---@field patterns string[] for numbers
---@field named string JSON: the numbers of contacts whose names fit
---@field numbers string[]? all that fit; nil: too many to look up

--- What a text finds in the call log.
---@param user_id string
---@param text string
---@return CallerMatch
function callers.matching(user_id, text)
  settle_if_able()
  local wanted = search.read(text)
  local named, numbers, calls = json.array {}, {}, 0
  for position, contact in ipairs(contacts.named(user_id, wanted.words, MANY)) do
    named[position], numbers[position] = contact.number, contact.number
  end
  for _, row in ipairs(fitting(FIND, user_id, wanted.patterns, MANY + 1)) do
    numbers[#numbers + 1], calls = row.number, calls + row.calls
  end
  local few = #numbers <= MANY and calls <= MANY_CALLS
  return { patterns = wanted.patterns, named = json.encode(named),
    numbers = few and numbers or nil }
end

local KNOWN = [[
  SELECT number, name FROM contacts WHERE {owned} AND (%s) ORDER BY name = '', name, id LIMIT ?]]
local NEWEST = [[
  SELECT number, MAX(last_at) AS last_at FROM (
    SELECT number, last_at FROM callers WHERE {owned} AND (%s) LIMIT ?) AS c
  GROUP BY number ORDER BY last_at DESC LIMIT ?]]
local NAME = scope [[
  SELECT name FROM contacts WHERE {owned} AND number = ? AND name <> '' ORDER BY id LIMIT 1]]

--- Who may be meant: contacts by name, then numbers, the latest caller first.
---@param user_id string
---@param text string
---@param limit integer
---@return { number: string, name: string? }[]
function callers.candidates(user_id, text, limit)
  settle_if_able()
  local wanted = search.read(text)
  local list, known = {}, {}
  local function add(rows)
    for _, row in ipairs(rows) do
      if #list < limit and not known[row.number] then
        known[row.number] = true
        list[#list + 1] = { number = row.number, name = row.name }
      end
    end
  end
  add(contacts.named(user_id, wanted.words, limit))
  add(fitting(KNOWN, user_id, wanted.patterns, limit))
  add(fitting(NEWEST, user_id, wanted.patterns, MANY, limit))
  for _, row in ipairs(list) do
    local contact = not row.name and db:one(NAME, user_id, row.number)
    row.name = row.name ~= "" and row.name or contact and contact.name or nil
  end
  return list
end

return callers
