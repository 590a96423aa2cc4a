-- models.pages: pages of long lists, newest first, at a cost that depends only on the page.
--
--   pages.read(sources, f)       -> ids of a page, merged from the sources
--   pages.sql(text)              a statement "SELECT id, started_at FROM … WHERE …" of a source
--   pages.kinds(rows, levels)    the kinds of rows there are, by an index that begins with `levels`
--
-- No index serves every combination of filters. But rows have few kinds (a
-- direction, a status, an end reason), and within one an index has them in the
-- order of time. So a page is merged from the kinds that match.

local db = require("db")

local pages = {}

local MOST = 500 -- rows of a source that are read at a time
local BOUNDS = " AND started_at >= ? AND started_at <= ? AND (started_at < ? OR id < ?)"
  .. " ORDER BY started_at DESC, id DESC LIMIT ? OFFSET ?"

--- Complete the statement of a source.
---@param text string ends with its conditions
---@return string
function pages.sql(text)
  return text .. BOUNDS
end

---@class PageSource
---@field sql string made by pages.sql
---@field values table what its own parameters stand for, with n
---@field unordered boolean? few rows that no index has in order: read all that a page needs at once

-- The next rows of a source; they begin after the last one read.
local function refill(source, span, wanted)
  local count = source.unordered and wanted or math.min(MOST, wanted)
  local values = table.pack(table.unpack(source.values, 1, source.values.n))
  local n = values.n
  values[n + 1], values[n + 2], values[n + 3], values[n + 4], values[n + 5], values[n + 6] =
    span.from, math.min(span.last, source.at), source.at, source.id, count, source.skip or 0
  source.rows, source.position, source.skip = db:query(source.sql, table.unpack(values, 1, n + 6)), 1, nil
  source.is_over = #source.rows < count
  local last = source.rows[#source.rows]
  if last then
    source.at, source.id = last.started_at, last.id
  end
end

local function head(source, span, count)
  if not source.rows[source.position] and not source.is_over then
    refill(source, span, count)
  end
  return source.rows[source.position]
end

-- The source whose next row is the newest.
local function newest(sources, span, count)
  local best, row
  for _, source in ipairs(sources) do
    local found = head(source, span, count)
    if found and (not row or found.started_at > row.started_at
      or found.started_at == row.started_at and found.id > row.id) then
      best, row = source, found
    end
  end
  return best, row
end

--- The ids of a page. A row that several sources have comes once.
---@param sources PageSource[]
---@param f { before: { at: integer, id: integer }?, start_date: integer?, end_date: integer?,
--- limit: integer, offset: integer? } milliseconds, end_date excluded
---@return integer[]
function pages.read(sources, f)
  local before = f.before or { at = math.maxinteger, id = math.maxinteger }
  local last_at = f.end_date and f.end_date - 1 or math.maxinteger
  local span = { from = f.start_date or math.mininteger, last = last_at }
  local skip, ids, last = f.offset or 0, {}, nil
  for _, source in ipairs(sources) do
    source.rows, source.position, source.at, source.id = {}, 1, before.at, before.id
  end
  if #sources == 1 then
    sources[1].skip, skip = skip, 0
  end
  local count = skip + f.limit
  while #ids < f.limit do
    local source, row = newest(sources, span, count)
    if not source then
      break
    end
    source.position = source.position + 1
    if row.id ~= last and skip > 0 then
      skip = skip - 1
    elseif row.id ~= last then
      ids[#ids + 1] = row.id
    end
    last = row.id
  end
  return ids
end

---@class PageKinds
---@field where string a statement that finds the rows of one kind, for pages.sql
---@field sources fun(given: table, sql: string?, ...): PageSource[] of the kinds that have the given values,
--- by level; `sql` asks more of the rows, with more parameters

--- The kinds of rows there are.
---@param rows string "table WHERE condition", as the index has it
---@param levels string[] the expressions that the index begins with; none is ever NULL
---@return PageKinds
function pages.kinds(rows, levels)
  local first, following, prefix = {}, {}, ""
  for level, expression in ipairs(levels) do
    local sql = ("SELECT %s AS value FROM %s%s"):format(expression, rows, prefix)
    local order = (" ORDER BY %s LIMIT 1"):format(expression)
    first[level], following[level] = sql .. order, sql .. (" AND %s > ?"):format(expression) .. order
    prefix = prefix .. (" AND %s = ?"):format(expression)
  end
  local kinds = { where = "SELECT id, started_at FROM " .. rows .. prefix }
  local page = pages.sql(kinds.where)

  local function walk(level, values, given, found)
    if level > #levels then
      found({ table.unpack(values, 1, #levels) })
    elseif given[level] ~= nil then
      values[level] = given[level]
      walk(level + 1, values, given, found)
    else
      local row = db:one(first[level], table.unpack(values, 1, level - 1))
      while row do
        values[level] = row.value
        walk(level + 1, values, given, found)
        values[level] = row.value
        row = db:one(following[level], table.unpack(values, 1, level))
      end
    end
  end

  function kinds.sources(given, sql, ...)
    local list, more = {}, table.pack(...)
    walk(1, {}, given, function(values)
      values.n = #levels + more.n
      table.move(more, 1, more.n, #levels + 1, values)
      list[#list + 1] = { sql = sql or page, values = values }
    end)
    return list
  end

  return kinds
end

return pages
