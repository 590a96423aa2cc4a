-- api/asked_numbers.lua: the numbers that a question is about: the one it names, or a page of the user's.
--
--   asked_numbers(req, asked?) -> rows, and the cursor of the next page or json.null

local fail = require("hookswitch.fail")
local json = require("json")
local numbers = require("models.numbers")

---@param req Request
---@param asked table? with phone_number_id, or cursor and limit; nil: the query
---@return table[] rows
---@return any next
return function(req, asked)
  local query = asked or req.query
  if query.phone_number_id then
    local row = numbers.get(req.user.id, query.phone_number_id)
      or fail(404, "number_not_found", "You have no phone number with that id.")
    return { row }, json.null
  end
  local page, next_cursor = numbers.page(req.user.id, query.cursor, query.limit)
  return page, next_cursor or json.null
end
