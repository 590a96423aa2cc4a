-- models.recording_sources: where the recordings that match a filter are found.

local calls = require("models.call_sources")
local db = require("db")
local pages = require("models.pages")
local scope = require("hookswitch.scope")

local sources = {}

-- The kinds of recordings there are, as the index recordings_kind has them.
local KINDS = pages.kinds("recordings WHERE deleted_at IS NULL",
  { "COALESCE(user_id, '')", "COALESCE(phone_number_id, 0)", "kind", "status" })

-- There are few, so the rest of a filter is applied to their rows.
-- They are found by their call: no index has the joined text.
local OWNED = scope.is_team and "? IS NOT NULL" or "user_id || '' = ?"
local SOME = "SELECT id, started_at FROM recordings WHERE deleted_at IS NULL AND " .. OWNED .. [[
  AND (? IS NULL OR phone_number_id = ?) AND (? IS NULL OR kind = ?) AND (? IS NULL OR status = ?)]]
local ALL = pages.sql(scope "SELECT id, started_at FROM recordings WHERE deleted_at IS NULL AND {owned}")
local OF_CALL = pages.sql(SOME .. " AND call_sid = ?")
local MADE = 'SELECT call_sid FROM twilio_call_logs WHERE parent_call_sid IS NULL AND user_id = ? AND '
local FROM = pages.sql(SOME .. " AND call_sid IN (" .. MADE .. '"from" = ?)')
-- Calls under way aren't in that index.
local TO = pages.sql(SOME .. " AND call_sid IN (" .. MADE .. calls.CLOSED .. ' AND "to" = ? UNION ALL '
  .. MADE .. [[started_at >= (SELECT counted_to FROM call_totals_state) AND "to" = ?
  UNION ALL SELECT c.call_sid FROM call_stragglers AS s CROSS JOIN twilio_call_logs AS c
  WHERE c.id = s.id AND c.user_id = ? AND c."to" = ?)]])
local OF_OURS = pages.sql(KINDS.where .. [[ AND EXISTS (SELECT 1 FROM twilio_call_logs AS c
  WHERE c.call_sid = recordings.call_sid AND (c."from" = ? OR c."to" = ?))]])

local function owner(user_id)
  return not scope.is_team and user_id or nil
end

-- A number of ours has many calls, found by its row; another number has few.
local function number_sources(user_id, f, some)
  local list = {}
  local ours = db:query("SELECT id FROM user_phone_numbers WHERE phone_number = ?", f.number)
  for _, number in ipairs(ours) do
    if not f.phone_number_id or f.phone_number_id == number.id then
      local given = { owner(user_id), number.id, f.kind, f.status }
      local found = KINDS.sources(given, OF_OURS, f.number, f.number)
      table.move(found, 1, #found, #list + 1, list)
    end
  end
  for _, whose in ipairs(calls.owners(user_id)) do
    list[#list + 1] = some(FROM, whose, f.number)
    if #ours == 0 then
      list[#list + 1] = some(TO, whose, f.number, whose, f.number, whose, f.number)
    end
  end
  return list
end

-- Sources that together have all recordings that match.
local function sources_of(user_id, f)
  local function some(sql, ...)
    return { sql = sql, values = table.pack(user_id, f.phone_number_id, f.phone_number_id, f.kind, f.kind,
      f.status, f.status, ...) }
  end
  if f.call_sid then
    return { some(OF_CALL, f.call_sid) }
  elseif f.number then
    return number_sources(user_id, f, some)
  end
  if f.phone_number_id or f.kind or f.status then
    return KINDS.sources { owner(user_id), f.phone_number_id, f.kind, f.status }
  end
  return { { sql = ALL, values = { user_id, n = 1 } } }
end

--- The ids of a page, for recordings.list.
---@param user_id string
---@param f table filters: before {at, id}, call_sid, phone_number_id, kind, status, number, start_date,
--- end_date (milliseconds), limit, offset
---@return integer[]
function sources.page(user_id, f)
  return pages.read(sources_of(user_id, f), f)
end

return sources
