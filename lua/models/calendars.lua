-- models.calendars: when the calendars of oncall.txt were read, and how that went.

local db = require("db")

local calendars = {}

---@class CalendarRow
---@field name string of the rota
---@field source string hash of the address, or of the file's text, that was read last
---@field months string those whose turns are kept
---@field etag string?
---@field modified string?
---@field checked_at integer milliseconds
---@field good_at integer when it could be read last; or when it was tried first
---@field problem string? why it can't be read, or what of it can't

---@param name string
---@return CalendarRow?
function calendars.get(name)
  return db:one("SELECT * FROM calendars WHERE name = ?", name)
end

---@return CalendarRow[]
function calendars.list()
  return db:query("SELECT * FROM calendars ORDER BY name LIMIT 200")
end

local PUT = [[
  INSERT INTO calendars (name, source, months, etag, modified, checked_at, good_at, problem)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET source = excluded.source, months = excluded.months, etag = excluded.etag,
    modified = excluded.modified, checked_at = excluded.checked_at, good_at = excluded.good_at,
    problem = excluded.problem]]

---@param row CalendarRow
function calendars.put(row)
  db:exec(PUT, row.name, row.source, row.months, row.etag, row.modified, row.checked_at, row.good_at,
    row.problem)
end

---@param name string of a rota that has no calendar any more
function calendars.forget(name)
  db:exec("DELETE FROM calendars WHERE name = ?", name)
end

return calendars
