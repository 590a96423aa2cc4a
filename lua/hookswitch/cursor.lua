-- hookswitch.cursor: where a page of a list ended, as a short text for clients.
--
-- Lists are in the order of time and id; the next page begins after the last row
-- seen, so rows that arrive meanwhile move nothing.

local fail = require("hookswitch.fail")
local json = require("json")
local wrong = require("hookswitch.fields.wrong")

local cursor = {}

---@param at integer milliseconds
---@param id integer
---@return string
function cursor.write(at, id)
  return ("%d-%d"):format(at, id)
end

---@param text string from a client
---@return { at: integer, id: integer }
function cursor.read(text)
  local at, id = text:match("^(%d+)%-(%d+)$")
  if not at or #at > 15 or #id > 18 then
    fail.invalid { cursor = "is not a cursor from this list" }
  end
  return { at = math.tointeger(tonumber(at)), id = math.tointeger(tonumber(id)) }
end

local DEEPEST = 10000 -- rows before a page: further on, each page would cost more than the one before

--- How many rows come before a page that is asked for by number.
---@param page integer? from 1
---@param size integer rows of a page
---@return integer
function cursor.offset(page, size)
  local offset = ((page or 1) - 1) * size
  if offset > DEEPEST then
    fail.invalid { page = wrong("too_deep", { rows = DEEPEST }) }
  end
  return offset
end

--- Cut a list that was read with one row more than a page has.
---@param rows table[] with id and a time
---@param size integer rows of a page
---@param field? string the time that they are in the order of, "started_at" when left out
---@return string|userdata next where the next page begins, or json.null
function cursor.cut(rows, size, field)
  if #rows <= size then
    return json.null
  end
  rows[#rows] = nil
  return cursor.write(rows[size][field or "started_at"], rows[size].id)
end

return cursor
