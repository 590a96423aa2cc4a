-- models.redact: replaces a number with zeros wherever it appears in a row about something
-- else: a plan that rings it, an old version of the rules, words that people wrote.
--
-- It looks through every text column of every table, so new tables are covered.

local db = require("db")

local redact = {}

local COLUMNS = [[
  SELECT m.name AS "table", c.name AS "column" FROM sqlite_schema AS m, pragma_table_info(m.name) AS c
  WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND c.type = 'TEXT' ORDER BY m.name, c.cid]]

-- Which rows of a table are a user's; nil: its rows belong to no user.
local function owned_by(has)
  if has.user_id then
    return "user_id = ?"
  elseif has.call_sid then
    return "call_sid IN (SELECT call_sid FROM twilio_call_logs WHERE user_id = ?)"
  end
end

-- The program's own sources stay as they were shipped.
local TEAM_TEXTS = [[? IS NULL AND NOT EXISTS (
  SELECT 1 FROM rule_versions AS v CROSS JOIN json_each(v.files) AS f
  WHERE f.value = rule_texts.hash AND (f.key LIKE '%/%' OR f.key = 'app.lua'))]]

-- The places where text can be: { table =, column =, where = }.
local function places(user_id)
  local columns, has = db:query(COLUMNS), {}
  for _, place in ipairs(columns) do
    has[place.table] = has[place.table] or {}
    has[place.table][place.column] = true
  end
  local found = {}
  for _, place in ipairs(columns) do
    place.where = not user_id and (place.table == "rule_texts" and TEAM_TEXTS or "? IS NULL")
      or user_id and owned_by(has[place.table])
    if place.where then found[#found + 1] = place end
  end
  return found
end

-- The digits on their own or after %2B, not within a longer number.
local function crossed_out(text, digits)
  return (text:gsub("%f[%d]" .. digits .. "%f[%D]", ("0"):rep(#digits))
    :gsub("%%2B" .. digits .. "%f[%D]", "%%2B" .. ("0"):rep(#digits))
    :gsub("%%2b" .. digits .. "%f[%D]", "%%2b" .. ("0"):rep(#digits)))
end

local function cross_out(place, digits, user_id)
  local find = ('SELECT DISTINCT "%s" AS text FROM "%s" WHERE INSTR("%s", ?) > 0 AND '):format(
    place.column, place.table, place.column) .. place.where
  local write = ('UPDATE "%s" SET "%s" = ? WHERE "%s" = ? AND '):format(
    place.table, place.column, place.column) .. place.where
  local count = 0
  for _, row in ipairs(db:query(find, digits, user_id)) do
    local text = crossed_out(row.text, digits)
    if text ~= row.text then count = count + db:exec(write, text, row.text, user_id) end
  end
  return count
end

--- Replace a number with zeros. In a transaction.
---@param digits string E.164 without the plus
---@param user_id string? only in rows of this user
---@return integer count of fields
function redact.digits(digits, user_id)
  local count = 0
  for _, place in ipairs(places(user_id)) do count = count + cross_out(place, digits, user_id) end
  return count
end

return redact
