-- hookswitch.scope: whose rows a user may see.
--
-- With data_scope = user these are the user's own; with team all users share all rows. The setting is fixed
-- while the program runs, so the statements are made once, when a model is loaded:
--
--   local LIST = scope [[SELECT * FROM call_forwarding WHERE {owned} ORDER BY id]]
--   db:query(LIST, user_id)
--
-- {owned} takes one parameter, the user's id, either way.

local config = require("config")

local scope = {}

scope.is_team = config.get("data_scope") == "team"

--- {owned:t} names the table's alias.
---@param sql string
---@return string
function scope.sql(sql)
  return (sql:gsub("{owned:?(%w*)}", function(alias)
    if scope.is_team then
      return "? IS NOT NULL"
    end
    return (alias ~= "" and alias .. "." or "") .. "user_id = ?"
  end))
end

--- Whose rows something is about that a user asks for or that comes from one user's call; nil: everybody's.
---@param user_id string
---@return string? user_id
function scope.concerned(user_id)
  return not scope.is_team and user_id or nil
end

return setmetatable(scope, { __call = function(_, sql) return scope.sql(sql) end })
