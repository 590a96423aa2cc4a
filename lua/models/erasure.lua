-- models.erasure: forgetting calls and callers.
--
--   erasure.calls(sids)               deletes calls with all that belongs to them, in a transaction
--   erasure.of_caller(user_id, phone) finds what is known about a caller
--   erasure.caller(found)             deletes it
--   erasure.expire(sids, before)      deletes calls past their days
--
-- Rows about the caller are deleted; in rows about someone else, zeros replace the
-- number (models.redact). With a user_id only that user's rows are touched.

local audit = require("models.audit")
local db = require("db")
local dial_totals = require("models.dial_totals")
local instant = require("hookswitch.instant")
local json = require("json")
local redact = require("models.redact")
local rule_changes = require("models.rule_changes")
local rule_versions = require("models.rule_versions")

local erasure = {}

-- ---- calls ----

-- Many at once: on PostgreSQL each statement is a journey.
local AMONG = " IN (SELECT value FROM json_each(?))"
local CHUNK = 1000

local LEGS = "SELECT call_sid FROM twilio_call_logs WHERE parent_call_sid" .. AMONG
local DELETE_CALLS = {
  -- A message without a number is listed, and noted about, by its call.
  "DELETE FROM missed_calls WHERE number" .. AMONG,
  "DELETE FROM caller_notes WHERE about" .. AMONG,
  "DELETE FROM call_acceptances WHERE parent_call_sid" .. AMONG,
  "DELETE FROM call_acceptances WHERE child_call_sid" .. AMONG,
}
for _, name in ipairs {
  "call_decisions", "call_steps", "call_checks", "call_repairs", "missed_pending", "missed_reopened",
  "missed_marks", "recordings", "draft_calls", "twilio_call_logs",
} do
  DELETE_CALLS[#DELETE_CALLS + 1] = "DELETE FROM " .. name .. " WHERE call_sid" .. AMONG
end
-- Ids above the last row may be used again.
local LOOK_AGAIN = [[
  UPDATE callers_state SET seen_id = (SELECT COALESCE(MAX(id), 0) FROM twilio_call_logs)
  WHERE seen_id > (SELECT COALESCE(MAX(id), 0) FROM twilio_call_logs)]]

-- Call work with the sids as JSON, some at a time.
local function in_chunks(sids, work)
  for first = 1, #sids, CHUNK do
    work(json.encode(json.array(table.move(sids, first, math.min(first + CHUNK - 1, #sids), 1, {}))))
  end
end

local function delete_calls(chunk)
  for _, sql in ipairs(DELETE_CALLS) do db:exec(sql, chunk) end
end

--- Delete calls, their legs and what is known about them. In a transaction.
---@param sids string[]
function erasure.calls(sids)
  in_chunks(sids, function(chunk)
    local legs = {}
    for position, leg in ipairs(db:query(LEGS, chunk)) do legs[position] = leg.call_sid end
    in_chunks(legs, delete_calls)
    delete_calls(chunk)
  end)
  db:exec(LOOK_AGAIN)
end

-- Recordings that Twilio still has.
local RECORDINGS = "SELECT recording_sid FROM recordings WHERE deleted_at IS NULL AND (call_sid" .. AMONG
  .. " OR call_sid IN (" .. LEGS .. "))"

--- Recordings of calls that aren't deleted at Twilio yet.
---@param sids string[]
---@return string[] recording_sids
function erasure.recordings(sids)
  local found = {}
  in_chunks(sids, function(chunk)
    for _, row in ipairs(db:query(RECORDINGS, chunk, chunk)) do found[#found + 1] = row.recording_sid end
  end)
  return found
end

-- ---- calls past their days ----

local DATED = instant.DATED_MS
local OLD = [[
  SELECT call_sid FROM twilio_call_logs WHERE parent_call_sid IS NULL AND started_at >= ? AND started_at < ?
  ORDER BY started_at, id LIMIT ?]]

-- Some calls have no row in the log: the report was lost.
local function without_row(tables)
  local parts = {}
  for _, one in ipairs(tables) do
    parts[#parts + 1] = ([[
      SELECT t.call_sid FROM %s AS t WHERE t.%s >= ? AND t.%s < ?
        AND NOT EXISTS (SELECT 1 FROM twilio_call_logs AS c WHERE c.call_sid = t.call_sid)]]):format(
      one[1], one[2], one[2])
  end
  return table.concat(parts, " UNION ") .. " LIMIT ?"
end
local LOST = without_row {
  { "call_decisions", "decided_at" }, { "call_steps", "at" }, { "recordings", "started_at" },
}

--- Calls that began before a moment, oldest first; those without a row in the log come last.
---@param before integer milliseconds
---@param limit integer
---@return string[] call_sids
function erasure.old(before, limit)
  local sids, rows = {}, db:query(OLD, DATED, before, limit)
  if #rows == 0 then rows = db:query(LOST, DATED, before, DATED, before, DATED, before, limit) end
  for position, row in ipairs(rows) do sids[position] = row.call_sid end
  return sids
end

local EXPIRED = {
  "DELETE FROM missed_calls WHERE last_at < ?",
  "DELETE FROM missed_dismissals WHERE up_to < ?",
  "DELETE FROM alerts WHERE last_at < ?",
  "DELETE FROM callers WHERE last_at < ?",
}

--- Delete calls past their days; if there are none, whatever else is as old.
---@param sids string[]
---@param before integer milliseconds
function erasure.expire(sids, before)
  db:transaction(function()
    erasure.calls(sids)
    for _, sql in ipairs(#sids == 0 and EXPIRED or {}) do db:exec(sql, before) end
  end)
end

--- Empty the database's log, which still holds deleted rows.
---@return boolean? done
---@return string? message
function erasure.flush()
  return db:scrub {}
end

-- ---- a caller ----

local CALLS = [[
  SELECT call_sid, user_id, ended_at FROM twilio_call_logs
  WHERE parent_call_sid IS NULL AND (? IS NULL OR user_id = ?) AND ("from" = ? OR "to" = ?)]]

local NAMES = [[
  SELECT name FROM contacts WHERE number = ? AND (? IS NULL OR user_id = ?) AND LENGTH(name) >= 3]]

local IN_USE = {
  { "number_owned", "It is one of your own phone numbers.", [[
    SELECT 1 AS yes FROM user_phone_numbers WHERE phone_number = ? AND released_at IS NULL]] },
  { "forwarded_to", "Calls are forwarded to it: change that setting first.", [[
    SELECT 1 AS yes FROM call_forwarding WHERE forward_to_number = ? AND is_active = 1]] },
  { "forwarded_to", "An override sends calls to it: end that first.", [[
    SELECT 1 AS yes FROM overrides
      WHERE INSTR(', ' || forward_to_number || ',', ', ' || ? || ',') > 0 AND ends_at > ?]] },
}

-- The live file that names the number: the next save would bring it back.
local function live_file(digits)
  local live = rule_versions.list(1)[1]
  for name in pairs(live and live.files or {}) do
    if rule_changes.is_own(name) and (rule_versions.text(live, name) or ""):find(digits, 1, true) then
      return name
    end
  end
end

--- Why a number can't be forgotten yet.
---@param phone string E.164
---@param at integer milliseconds
---@return string? code
---@return string? message
function erasure.obstacle(phone, at)
  for _, use in ipairs(IN_USE) do
    local several = select(2, use[3]:gsub("%?", "")) > 1
    if db:one(use[3], phone, table.unpack(several and { at } or {})) then
      return use[1], use[2]
    end
  end
  local file = live_file(phone:sub(2))
  if file then
    return "in_rules", ("%s names it: take it out of that file first."):format(file)
  end
end

---@class FoundCaller
---@field user_id string? only what belongs to this user
---@field phone string
---@field calls string[] call_sids
---@field names string[] as contacts call them
---@field is_live boolean a call is under way

---@param user_id string? nil: of everybody
---@param phone string E.164
---@return FoundCaller
function erasure.of_caller(user_id, phone)
  local found = { user_id = user_id, phone = phone, calls = {}, names = {}, is_live = false }
  for position, row in ipairs(db:query(CALLS, user_id, user_id, phone, phone)) do
    found.calls[position] = row.call_sid
    found.is_live = found.is_live or not row.ended_at
  end
  for position, row in ipairs(db:query(NAMES, phone, user_id, user_id)) do
    found.names[position] = row.name
  end
  return found
end

local OWN = " = ? AND (? IS NULL OR user_id = ?)"
local ABOUT = {
  "DELETE FROM contacts WHERE number" .. OWN,
  "DELETE FROM audit WHERE kind IN ('contact', 'missed', 'note') AND about" .. OWN,
  "DELETE FROM callers WHERE number" .. OWN,
  "DELETE FROM caller_notes WHERE about" .. OWN,
  "DELETE FROM missed_calls WHERE number" .. OWN,
  "DELETE FROM missed_marks WHERE number" .. OWN,
  "DELETE FROM missed_dismissals WHERE number" .. OWN,
  "DELETE FROM overrides WHERE INSTR(', ' || forward_to_number || ',', ', ' || ? || ',') > 0"
    .. " AND (? IS NULL OR user_id = ?)",
  "DELETE FROM call_forwarding WHERE is_active = 0 AND forward_to_number" .. OWN,
}
local ALERTS = [[
  DELETE FROM alerts WHERE (INSTR(subject, ?) > 0 OR INSTR(detail, ?) > 0) AND (? IS NULL OR user_id = ?)]]

--- Delete everything known about a caller. Recordings at Twilio must be deleted first.
---@param found FoundCaller
---@param by Author who asks for it; the number isn't noted
---@return { calls: integer, rows: integer, crossed_out: integer }
function erasure.caller(found, by)
  local user_id, digits = found.user_id, found.phone:sub(2)
  return db:transaction(function()
    local rows = 0
    erasure.calls(found.calls)
    for _, sql in ipairs(ABOUT) do rows = rows + db:exec(sql, found.phone, user_id, user_id) end
    for _, text in ipairs { digits, table.unpack(found.names) } do
      rows = rows + db:exec(ALERTS, text, text, user_id, user_id)
    end
    dial_totals.drop(digits)
    audit.add(by, "caller", "forget", { user_id = user_id })
    return { calls = #found.calls, rows = rows, crossed_out = redact.digits(digits, user_id) }
  end)
end

--- Make sure that nothing is left in the database's files either.
---@param found FoundCaller
---@return boolean? gone false: something may still hold it
---@return string? message what that is, in a sentence
---@return string? code
function erasure.scrub(found)
  local texts = { found.phone:sub(2) }
  table.move(found.names, 1, math.min(#found.names, 15), 2, texts)
  return db:scrub(texts)
end

return erasure
