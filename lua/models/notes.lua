-- models.notes: what people write down about a caller, oldest first.

local db = require("db")
local etag = require("hookswitch.etag")
local rows = require("models.rows")
local scope = require("hookswitch.scope")

local notes = {}

local MOST = 500 -- of a caller

local SHOWN = [[
  SELECT n.id, n.user_id, n.about, n.text, n.author, n.created_at, n.updated_at,
    (SELECT u.name FROM users AS u WHERE u.id = n.author) AS author_name
  FROM caller_notes AS n WHERE {owned:n}]]
local LIST = scope("SELECT * FROM (" .. SHOWN
  .. " AND n.about = ? ORDER BY n.id DESC LIMIT ?) AS n ORDER BY id")
local LAST = scope(SHOWN .. " AND n.about = ? ORDER BY n.id DESC LIMIT 1")
local ONE = scope(SHOWN .. " AND n.id = ?")

local function shown(row)
  return row and etag.stamp(row)
end

--- The newest five hundred notes about a caller.
---@param user_id string
---@param about string E.164, or the CallSid of a message without a number
---@return table[]
function notes.list(user_id, about)
  local list = db:query(LIST, user_id, about, MOST)
  for _, row in ipairs(list) do
    shown(row)
  end
  return list
end

---@param user_id string
---@param about string
---@return table?
function notes.last(user_id, about)
  return shown(db:one(LAST, user_id, about))
end

---@param user_id string
---@param id integer
---@return table?
function notes.get(user_id, id)
  return shown(db:one(ONE, user_id, id))
end

local INSERT = [[
  INSERT INTO caller_notes (user_id, about, text, author, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
  RETURNING id]]

---@param user_id string who writes it
---@param about string
---@param text string
---@param at integer milliseconds
---@return table
function notes.add(user_id, about, text, at)
  return db:transaction(function()
    return notes.get(user_id, db:one(INSERT, user_id, about, text, user_id, at, at).id)
  end)
end

local function guarded(user_id, id, agree, write)
  return rows.guarded(function() return notes.get(user_id, id) end, agree, write)
end

---@param user_id string
---@param id integer
---@param text string
---@param agree fun(row: table) raises when it may not be changed
---@param at integer milliseconds
---@return table?
function notes.change(user_id, id, text, agree, at)
  return guarded(user_id, id, agree, function()
    db:exec("UPDATE caller_notes SET text = ?, updated_at = ? WHERE id = ?", text, at, id)
    return notes.get(user_id, id)
  end)
end

---@param user_id string
---@param id integer
---@param agree fun(row: table) raises when it may not be deleted
---@return table? row that was deleted
function notes.delete(user_id, id, agree)
  return guarded(user_id, id, agree, function(row)
    db:exec("DELETE FROM caller_notes WHERE id = ?", id)
    return row
  end)
end

return notes
