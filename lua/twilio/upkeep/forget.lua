-- twilio.upkeep.forget: a caller who is to be forgotten: at Twilio what is recorded, here everything.
--
--   forget.caller(user_id, phone, at)   -> Forgotten, or nil, message, code
--   forget.step(at)                     -> done, more: calls past call_days, for maintenance
--
-- Twilio is asked first: when it does not delete a recording, nothing is changed
-- here, and the same can be asked again.

local at_twilio = require("twilio.recordings")
local config = require("config")
local erasure = require("models.erasure")
local log = require("log")
local recordings = require("models.recordings")

local forget = {}

local DAY_MS = 24 * 3600 * 1000
local AT_ONCE = 100 -- calls in one transaction
local REFUSED_MOST = 20

---@class Forgotten
---@field phone_number string
---@field calls integer deleted, with what hung on them
---@field recordings integer deleted at Twilio
---@field rows integer others that were deleted: contact, missed calls, alerts …
---@field crossed_out integer fields of rows about something else in which the number stood
---@field complete boolean no file of the database holds it any more

---@param user_id string? only what belongs to this user
---@param phone string E.164
---@param by Author who asks for it
---@return Forgotten?
---@return string? message why, or what may still hold the number
---@return string? code
function forget.caller(user_id, phone, by)
  local code, message = erasure.obstacle(phone, by.at)
  if code then
    return nil, message, code
  end
  local found = erasure.of_caller(user_id, phone)
  if found.is_live then
    return nil, "A call with this number is under way: try again when it has ended.", "call_under_way"
  end
  local recorded = erasure.recordings(found.calls)
  for _, sid in ipairs(recorded) do
    local done, why, reason = at_twilio.delete(sid)
    if not done and reason ~= "not_configured" then
      return nil, ("Twilio did not delete the recording %s: %s"):format(sid, why), reason
    end
  end
  local result = erasure.caller(found, by)
  local gone, why, reason = erasure.scrub(found)
  if gone == nil then
    return nil, "The rows are deleted, but the files could not be cleaned: " .. why .. " Try again.", reason
  end
  result.phone_number, result.recordings, result.complete = phone, #recorded, gone
  return result, why
end

local refused, refused_count = {}, 0 -- calls with a recording that Twilio did not delete in this round

-- Those don't hold up the others. Returns false when there are too many of them.
local function leave_out(sids, recording)
  for _, sid in ipairs(sids) do
    if erasure.recordings({ sid })[1] == recording and refused_count < REFUSED_MOST then
      refused[sid], refused_count = true, refused_count + 1
      return true
    end
  end
  return false
end

local function old_calls(before)
  local sids = {}
  for _, sid in ipairs(erasure.old(before, AT_ONCE + refused_count)) do
    if not refused[sid] then sids[#sids + 1] = sid end
  end
  return sids
end

--- Calls past their days, some at once. Recordings go first, one at a time.
---@param at integer milliseconds
---@return integer? done
---@return boolean|string more or a message
---@return string? code
function forget.step(at)
  local days = config.get("call_days")
  if days == 0 then
    return 0, false
  end
  local before = at - days * DAY_MS
  local sids = old_calls(before)
  local recording = erasure.recordings(sids)[1]
  if recording then
    local done, message, code = at_twilio.delete(recording)
    if done then
      recordings.deleted(recording, at)
      return 1, true
    elseif code ~= "not_configured" then
      if not tostring(code):find("^twilio:") or not leave_out(sids, recording) then
        return nil, message, code
      end
      log.warn("recording_not_deleted", { recording_sid = recording, message = message })
      return 0, true
    end
  end
  erasure.expire(sids, before)
  if #sids > 0 then
    return #sids, true
  end
  local flushed, message, code = erasure.flush()
  if flushed == nil then
    return nil, message, code
  end
  return 0, false
end

return forget
