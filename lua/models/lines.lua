-- models.lines: whether one more telephone of a user may be dialled.
--
--   lines.reserve(dial)                     counts a leg before its <Dial> leaves
--   lines.report(leg)                       Twilio has reported a leg
--   lines.ended(call_sid, n?)               a dial, or the whole call, is over
--
-- The host counts (the native module lines), so the limit holds however many
-- webhooks arrive at once. After a restart a user's legs are entered from the
-- log; at the limit they are compared with it, so that what was learned from Twilio
-- later counts, too.

local db = require("db")
local json = require("json")
local counted = require("lines")

local lines = {}

local SETTLE_MS = 60 * 1000 -- for the report that a leg has ended
local FRESH_MS = 2 * 60 * 1000 -- so soon after its start a call may have legs that nobody reported yet
local RING_SECONDS = 600 -- the longest that a leg rings
local TRIES = 3 -- something of another host may be missed while the log is read

local LIVE_LEGS = [[
  SELECT call_sid, parent_call_sid, "to", started_at FROM twilio_call_logs
  WHERE user_id = ? AND parent_call_sid IS NOT NULL AND started_at > ? AND ended_at IS NULL
    AND "to" NOT LIKE 'client:%' ORDER BY started_at DESC LIMIT ?]]

local FRESH_CALLS = [[
  SELECT c.call_sid, c.started_at, d.plan FROM twilio_call_logs AS c
  JOIN call_decisions AS d ON d.call_sid = c.call_sid
  WHERE c.user_id = ? AND c.parent_call_sid IS NULL AND c.started_at > ? AND c.ended_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM twilio_call_logs AS l WHERE l.parent_call_sid = c.call_sid)
  ORDER BY c.started_at DESC LIMIT ?]]

-- The first ring of a plan that rings telephones: where a call is that has just begun.
local function first_ring(plan)
  for n, step in ipairs(plan.steps or {}) do
    local phones = {}
    for _, target in ipairs(step.targets or {}) do
      phones[#phones + 1] = target.phone
    end
    if #phones > 0 then
      return step.leg == "out" and 0 or n, phones
    end
  end
  return 0, {}
end

-- Legs dialled before this process started.
local function enter_known(dial)
  local misses = counted.misses()
  local user_id, at, longest = dial.user_id, dial.at, (RING_SECONDS + dial.limit_seconds) * 1000 + SETTLE_MS
  for _, row in ipairs(db:query(LIVE_LEGS, user_id, at - longest, dial.most)) do
    counted.enter(user_id, row.parent_call_sid, 0, row.to, row.started_at + longest, at, row.call_sid)
  end
  for _, row in ipairs(db:query(FRESH_CALLS, user_id, at - FRESH_MS, dial.most)) do
    local n, phones = first_ring(json.decode(row.plan))
    for _, phone in ipairs(row.call_sid ~= dial.call_sid and phones or {}) do
      counted.enter(user_id, row.call_sid, n, phone, row.started_at + longest, at, "")
    end
  end
  counted.entered(user_id, misses)
end

local function places(n)
  return ("?,"):rep(n):sub(1, -2)
end

-- What the log knows to be over stops counting, whoever it was learned from; so
-- does what was only ever reported and is not in the log any more.
local function compare_with_log(dial)
  local sids, gone, twice = {}, {}, {}
  for n, call in ipairs(counted.review(dial.user_id, dial.at)) do
    sids[n], gone[call[1]] = call[1], call[2] or nil
  end
  if #sids == 0 then
    return
  end
  table.move(sids, 1, #sids, 1, twice)
  table.move(sids, 1, #sids, #sids + 1, twice)
  for _, row in ipairs(db:query([[
    SELECT call_sid, parent_call_sid, "to", ended_at FROM twilio_call_logs
    WHERE call_sid IN (]] .. places(#sids) .. ") OR parent_call_sid IN (" .. places(#sids) .. [[)
    LIMIT 5000]], table.unpack(twice))) do
    gone[row.parent_call_sid or row.call_sid] = nil
    if row.ended_at and row.parent_call_sid then
      counted.report(row.parent_call_sid, row.call_sid, row.to, true)
    elseif row.ended_at then
      counted.ended(row.call_sid)
    end
  end
  for call_sid in pairs(gone) do
    counted.ended(call_sid)
  end
end

---@class DialledLine
---@field user_id string whose limit it is
---@field call_sid string the parent's
---@field n integer step of the plan; 0: a call from the browser
---@field phone string
---@field seconds integer? that it rings
---@field limit_seconds integer that it talks at most
---@field most integer legs that this user may have
---@field at integer milliseconds

--- Count one more leg, if there is room. A leg that is already counted is granted again.
---@param dial DialledLine
---@return boolean
function lines.reserve(dial)
  local over = dial.at + ((dial.seconds or RING_SECONDS) + dial.limit_seconds) * 1000 + SETTLE_MS
  local function try()
    return counted.reserve(dial.user_id, dial.call_sid, dial.n, dial.phone, over, dial.at, dial.most)
  end
  local answer = try()
  for _ = 1, TRIES do
    if answer == "unknown" then
      enter_known(dial)
      answer = try()
    end
  end
  if answer == "full" then
    compare_with_log(dial)
    answer = try()
  end
  return answer == "reserved"
end

---@class ReportedLine
---@field user_id string?
---@field parent string
---@field child string
---@field to string
---@field final boolean the leg has ended
---@field limit_seconds integer
---@field at integer milliseconds

--- Only telephone legs count; a browser costs nothing.
---@param leg ReportedLine
function lines.report(leg)
  if leg.to:find("^client:") then
    return
  elseif leg.final or not leg.user_id then
    counted.report(leg.parent, leg.child, leg.to, leg.final)
  else
    local over = leg.at + (RING_SECONDS + leg.limit_seconds) * 1000 + SETTLE_MS
    counted.enter(leg.user_id, leg.parent, 0, leg.to, over, leg.at, leg.child)
  end
end

lines.ended = counted.ended

return lines
