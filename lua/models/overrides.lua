-- models.overrides: "all calls to X until 15:00", ending by themselves.

local db = require("db")
local memo = require("hookswitch.memo")

local overrides = {}

local of_user = memo(function(user_id)
  return db:query("SELECT * FROM overrides WHERE user_id = ? ORDER BY id DESC LIMIT 100", user_id)
end)

--- The override in force for a number, the newest first.
---@param user_id string
---@param phone_number_id integer
---@param at integer milliseconds
---@return table?
function overrides.active(user_id, phone_number_id, at)
  for _, row in ipairs(of_user(user_id)) do
    local covers = row.phone_number_id == nil or row.phone_number_id == phone_number_id
    if covers and row.starts_at <= at and at < row.ends_at then
      return row
    end
  end
  return nil
end

return overrides
