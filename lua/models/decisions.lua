-- models.decisions: why a call went where it went, and how each step ended.
--
-- The statements are made here and run by the route in one transaction
-- (db:batch), so a decision and its call-log row are stored together or not at
-- all. The plan of a call under way is also kept in memory (`recent`): the call
-- goes on when the database cannot be written or read.

local db = require("db")
local json = require("json")
local judgement = require("calls.steps.judgement")
local recent = require("recent")

local decisions = {}

local INSERT = [[
  INSERT INTO call_decisions (call_sid, decided_at, source, rule, rule_line, rule_version, error, plan,
    inputs, reads, entered, entered_n)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (call_sid) DO NOTHING]]

-- What Twilio reports replaces an outcome we worked out.
local STEP = [[
  INSERT INTO call_steps AS s (call_sid, n, leg, outcome, target, dial_call_sid, dial_duration, detail,
    answer, at, dial_status, bridged, entered, entered_n)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (call_sid, n, leg) DO UPDATE SET outcome = excluded.outcome,
    dial_call_sid = excluded.dial_call_sid, dial_duration = excluded.dial_duration,
    answer = excluded.answer, at = excluded.at, dial_status = excluded.dial_status,
    bridged = excluded.bridged, entered = excluded.entered, entered_n = excluded.entered_n
  WHERE s.dial_status IS NULL AND excluded.dial_status IS NOT NULL]]

---@class StoredDecision
---@field call_sid string
---@field at integer milliseconds
---@field source string rules | settings | override | blocked | inactive | fallback | outgoing
---@field rule string? name of the rule
---@field line integer?
---@field version integer? of the Lua sources
---@field error string? why the rules did not decide
---@field plan_json string
---@field inputs_json string
---@field reads_json string
---@field entered Entered? where the first document leads

--- Where a document leads, as it is stored: if the call ends after it, a hang-up.
---@param entered Entered?
---@return string? kind
---@return integer? n
function decisions.place(entered)
  local kind = entered and entered.kind
  if entered and entered.done and kind ~= "reject" then
    kind = "hangup"
  end
  return kind, entered and entered.n
end

--- The statement that stores a decision; a call keeps its first.
---@param d StoredDecision
---@return table
function decisions.insert(d)
  local entered, entered_n = decisions.place(d.entered)
  return {
    INSERT, d.call_sid, d.at, d.source, d.rule, d.line, d.version, d.error, d.plan_json, d.inputs_json,
    d.reads_json, entered, entered_n, n = 13,
  }
end

--- Is the database down, so that this host stores calls in its near file? What another host stores about
--- the same call may then come first.
---@return boolean
function decisions.are_spooled()
  return db:down_since() ~= nil
end

--- Keep the plan of a call in memory for its later steps.
---@param call_sid string
---@param state_json string
function decisions.remember(call_sid, state_json)
  recent.put(call_sid, state_json)
end

--- What memory knows about a call under way.
---@param call_sid string
---@return table? { plan=, number=, from=, name=?, source= }
function decisions.in_memory(call_sid)
  local kept = recent.get(call_sid)
  local state = kept and json.decode(kept)
  if state and state.name == json.null then
    state.name = nil
  end
  return state
end

--- The same from the database, after a restart or on another host; without the caller's name.
---@param call_sid string
---@return table? also with `stored` = true
function decisions.in_database(call_sid)
  local row = db:one([[
    SELECT d.plan, d.source, d.inputs, c."from", c."to" FROM call_decisions AS d
    LEFT JOIN twilio_call_logs AS c ON c.call_sid = d.call_sid WHERE d.call_sid = ?]], call_sid)
  if not row then
    return nil
  end
  local inputs = json.decode(row.inputs)
  return {
    stored = true, plan = json.decode(row.plan), source = row.source, number = row.to, from = row.from,
    forwarded_from = type(inputs) == "table" and type(inputs.call) == "table" and inputs.call.forwarded_from
      or nil,
  }
end

---@param call_sid string
---@return table?
function decisions.state(call_sid)
  return decisions.in_memory(call_sid) or decisions.in_database(call_sid)
end

---@class StepOutcome
---@field call_sid string
---@field n integer step of the plan
---@field leg string line | fwd | simulring | out | menu1 … | consent | skipped
---@field outcome string
---@field target string?
---@field dial_call_sid string?
---@field dial_duration integer? seconds
---@field detail string?
---@field answer string? the TwiML that was answered
---@field at integer milliseconds
---@field dial_status string? DialCallStatus; nil: the outcome was worked out
---@field bridged boolean? DialBridged
---@field entered Entered? where the answer leads

--- The statement that stores how a step ended; it changes nothing if that is stored already.
---@param s StepOutcome
---@return table
function decisions.step(s)
  local entered, entered_n = decisions.place(s.entered)
  return table.pack(STEP, s.call_sid, s.n, s.leg, s.outcome, s.target, s.dial_call_sid, s.dial_duration,
    s.detail, s.answer, s.at, s.dial_status, s.bridged, entered, entered_n)
end

--- Add a statement for each ring that rang nobody.
---@param batch table[]
---@param call_sid string
---@param skipped { n: integer, outcome: string, left_out: table[] }[]
---@param at integer
function decisions.add_skipped(batch, call_sid, skipped, at)
  for _, ring in ipairs(skipped) do
    batch[#batch + 1] = decisions.step {
      call_sid = call_sid, n = ring.n, leg = "skipped", outcome = ring.outcome,
      detail = json.encode(json.array(ring.left_out)), at = at,
    }
  end
end

--- The answer given to a step earlier.
---@return string? twiml
function decisions.answer(call_sid, n, leg)
  local sql = "SELECT answer FROM call_steps WHERE call_sid = ? AND n = ? AND leg = ?"
  local row = db:one(sql, call_sid, n, leg)
  return row and row.answer
end

--- The statement that notes that someone pressed 1.
---@param parent_call_sid string
---@param child_call_sid string
---@param dial { n: integer?, leg: string? } the ring it belongs to
---@param at integer milliseconds
---@return table
function decisions.accept(parent_call_sid, child_call_sid, dial, at)
  recent.put("accepted " .. parent_call_sid, "1")
  return table.pack([[
    INSERT INTO call_acceptances (child_call_sid, parent_call_sid, n, leg, at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (child_call_sid) DO NOTHING]], child_call_sid, parent_call_sid, dial.n, dial.leg, at)
end

--- Whether someone pressed 1 for this call.
---@param parent_call_sid string
---@return boolean
function decisions.accepted(parent_call_sid)
  if recent.get("accepted " .. parent_call_sid) then
    return true
  end
  local sql = "SELECT 1 AS yes FROM call_acceptances WHERE parent_call_sid = ? LIMIT 1"
  return db:one(sql, parent_call_sid) ~= nil
end

-- Where a step leads whose row couldn't be stored.
local function row_in_memory(call_sid)
  local kept = recent.get("unstored " .. call_sid)
  if not kept then
    return nil
  end
  local n, entered, entered_n, at = kept:match("^(%-?%d+) %S+ (%S+) (%d*) (%d+)$")
  return n and {
    n = math.tointeger(tonumber(n)), entered = entered, entered_n = math.tointeger(tonumber(entered_n)),
    at = math.tointeger(tonumber(at)),
  }
end

--- Keep in memory that a step was answered, since its row couldn't be stored.
---@param call_sid string
---@param note string what decisions.note wrote
---@param at integer milliseconds
function decisions.remember_step(call_sid, note, at)
  recent.put("unstored " .. call_sid, ("%s %d"):format(note, at))
end

--- A step that was answered and where it leads, in words.
---@param n integer
---@param leg string
---@param entered_step Entered?
---@return string
function decisions.note(n, leg, entered_step)
  local entered, entered_n = decisions.place(entered_step)
  return ("%d %s %s %s"):format(n, leg, entered or "hangup", entered_n or "")
end

--- What happened in a call so far, step by step and leg by leg: for the fallback address.
---@param call_sid string
---@return { decision: table?, rows: table[], legs: table[] }
function decisions.known(call_sid)
  local known = {
    decision = db:one("SELECT entered, entered_n, decided_at AS at FROM call_decisions WHERE call_sid = ?",
      call_sid),
    rows = db:query([[
      SELECT n, entered, entered_n, at, dial_call_sid FROM call_steps WHERE call_sid = ?
      ORDER BY at]], call_sid),
    legs = db:query([[
      SELECT "to", status FROM twilio_call_logs WHERE parent_call_sid = ? ORDER BY id]], call_sid),
  }
  local unstored = row_in_memory(call_sid)
  if unstored then
    known.rows[#known.rows + 1] = unstored
    unstored.later = unstored.entered_n ~= unstored.n
    known.decision = known.decision or unstored
  end
  return known
end

local NO_PRESS = '"confirm":false' -- as a plan's JSON has it

--- The ring's leg, of a phone that is connected without pressing 1.
---@param parent_call_sid string
---@param to string who is dialled
---@return string? leg fwd or simulring
function decisions.unscreened(parent_call_sid, to)
  if not to:find("^%+") then
    return nil
  end
  local kept = recent.get(parent_call_sid)
  if kept then
    return kept:find(NO_PRESS, 1, true) and judgement.unscreened(json.decode(kept).plan, to) or nil
  end
  local row = db:one("SELECT plan FROM call_decisions WHERE call_sid = ? AND plan LIKE ?", parent_call_sid,
    "%" .. NO_PRESS .. "%")
  return row and judgement.unscreened(json.decode(row.plan), to) or nil
end

local function decoded(row, ...)
  for _, field in ipairs { ... } do
    row[field] = row[field] and json.decode(row[field]) or json.null
  end
  return row
end

--- Why a call went where it went, and how each step ended: for people. nil for a call that was
--- never decided (unknown number, a leg).
---@param call_sid string
---@return table? the decision's row with plan, inputs and reads decoded, and `steps`
function decisions.trace(call_sid)
  local row = db:one("SELECT * FROM call_decisions WHERE call_sid = ?", call_sid)
  if not row then
    return nil
  end
  row.call_sid, row.entered, row.entered_n = nil, nil, nil
  row.steps = json.array(db:query([[
    SELECT n, leg, outcome, target, dial_call_sid, dial_duration, detail, answer, at FROM call_steps
    WHERE call_sid = ? ORDER BY CASE leg WHEN 'text' THEN 1 ELSE 0 END, at, n, leg]], call_sid))
  for _, step in ipairs(row.steps) do
    decoded(step, "detail")
  end
  row.accepted_by = json.array {}
  local presses = "SELECT child_call_sid, at FROM call_acceptances WHERE parent_call_sid = ? ORDER BY at"
  for position, press in ipairs(db:query(presses, call_sid)) do
    row.accepted_by[position] = press
  end
  return decoded(row, "plan", "inputs", "reads")
end

return decisions
