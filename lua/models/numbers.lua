-- models.numbers: phone numbers that somebody here owns or owned.

local db = require("db")
local memo = require("hookswitch.memo")
local scope = require("hookswitch.scope")

local numbers = {}

--- The owned number with this E.164 text, whoever owns it: for webhooks.
---@type fun(phone: string): table?
numbers.by_phone = memo(function(phone)
  return db:one("SELECT * FROM user_phone_numbers WHERE phone_number = ? AND released_at IS NULL", phone)
end)

local owned = memo(function()
  local set, countries = {}, {}
  local rows = db:query("SELECT phone_number, country FROM user_phone_numbers WHERE released_at IS NULL")
  for _, row in ipairs(rows) do
    set[row.phone_number] = true
    countries[row.country] = true
  end
  return { numbers = set, countries = countries }
end)

--- All owned numbers and their countries: what the toll-fraud policy needs.
---@return { numbers: table<string, true>, countries: table<string, true> }
function numbers.owned()
  return owned("all")
end

--- The numbers a user may show as caller id, oldest first.
---@type fun(user_id: string): table[]
numbers.callable = memo(function(user_id)
  return db:query([[
    SELECT * FROM user_phone_numbers
    WHERE user_id = ? AND released_at IS NULL AND is_active = 1 ORDER BY id]], user_id)
end)

local GET = scope "SELECT * FROM user_phone_numbers WHERE {owned} AND id = ? AND released_at IS NULL"

--- A number the user may see, not released.
---@param user_id string
---@param id integer
---@return table?
function numbers.get(user_id, id)
  return db:one(GET, user_id, id)
end

return numbers
