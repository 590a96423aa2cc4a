-- models.contacts: names, tags and the blocklist, one row a number and user.

local db = require("db")
local json = require("json")
local memo = require("hookswitch.memo")

local contacts = {}

local by_number = memo(function(_, user_id, number)
  local row = db:one("SELECT * FROM contacts WHERE user_id = ? AND number = ?", user_id, number)
  if row then
    row.tags = json.decode(row.tags) or {}
    row.blocked = row.blocked == 1
  end
  return row
end)

--- What a user knows about a number: {name, tags, blocked}, or nil.
---@param user_id string
---@param number string
---@return table?
function contacts.find(user_id, number)
  return by_number(user_id .. " " .. number, user_id, number)
end

return contacts
