-- models.rows: concurrent writes that don't undo each other.
--
--   local CHANGE = rows.fields { "name", "tags" }
--   local UPDATE = scope("UPDATE t SET " .. CHANGE.set .. ", updated_at = ? WHERE {owned} AND id = ?")
--   db:one(UPDATE, CHANGE.values(changes, at, user_id, id))
--
--   rows.guarded(read, agree, write)
--
-- An UPDATE writes only the fields it is given, so it doesn't undo concurrent changes to others. What must
-- be true of the row (If-Match, "only one of a type may be active", a number that is still ours) is checked
-- in the write's transaction, in which nobody else writes.

local db = require("db")

local rows = {}

---@class RowFields
---@field set string "name = CASE WHEN ? = 1 THEN ? ELSE name END, …"
---@field values fun(changes: table, ...: DbValue): DbValue ... for `set`, then the others; json.null is NULL

--- Fields that may be written, each on its own.
---@param names string[] columns
---@return RowFields
function rows.fields(names)
  local parts = {}
  for position, name in ipairs(names) do
    parts[position] = ("%s = CASE WHEN ? = 1 THEN ? ELSE %s END"):format(name, name)
  end
  local function values(changes, ...)
    local list, n = {}, 0
    for _, name in ipairs(names) do
      list[n + 1], list[n + 2] = changes[name] ~= nil, changes[name]
      n = n + 2
    end
    local more = table.pack(...)
    table.move(more, 1, more.n, n + 1, list)
    return table.unpack(list, 1, n + more.n)
  end
  return { set = table.concat(parts, ", "), values = values }
end

--- The row as it would be; a field that becomes NULL is json.null.
---@param row table
---@param changes table
---@return table a new one
function rows.merged(row, changes)
  local out = {}
  for name, value in pairs(row) do
    out[name] = value
  end
  for name, value in pairs(changes) do
    out[name] = value
  end
  return out
end

--- Read and write a row in one transaction.
---@generic T
---@param read fun(): table?
---@param agree? fun(row: table): any raises when the row may not be written; else what is wanted of it
---@param write fun(row: table, wanted: any): T
---@return T? what `write` gives; nil: no such row
function rows.guarded(read, agree, write)
  return db:transaction(function()
    local row = read()
    if row then
      return write(row, agree and agree(row))
    end
  end)
end

return rows
