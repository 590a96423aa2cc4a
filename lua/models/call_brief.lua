-- models.call_brief: what an open console is told about a call or a leg.

local db = require("db")
local judgement = require("calls.steps.judgement")

local BRIEF = [[
  SELECT call_sid, parent_call_sid, user_id, phone_number_id, direction, "from", "to", status, started_at,
    answered_at, ended_at, duration, end_reason
  FROM twilio_call_logs WHERE call_sid = ?]]

---@param call_sid string
---@return table?
return function(call_sid)
  local row = db:one(BRIEF, call_sid)
  if row and not row.parent_call_sid then
    row.outcome = judgement.outcome(row)
  end
  return row
end
