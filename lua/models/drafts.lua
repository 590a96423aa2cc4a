-- models.drafts: the draft of the rule file, and how it decides the calls that come in.
--
-- A row of rule_drafts is one text of forwarding.next.lua, from when it was seen
-- until it was promoted, discarded or changed. What it decides is entered by
-- lua/commands/rules/draft_watch.lua, in tables whose writes leave the caches of
-- settings alone; only draft_calls that differ have a row.

local alerts = require("models.alerts")
local db = require("db")
local gate_words = require("calls.replay.gate_words")
local json = require("json")
local memo = require("hookswitch.memo")
local namer = require("models.namer")
local plan_words = require("calls.plans.words")
local scope = require("hookswitch.scope")
local time_words = require("calls.time_words")

local drafts = { FILE = "forwarding.next.lua" }

local WAIT_MS = 5000 -- for the writer: nobody waits for a draft
local LISTED = 5000 -- calls that differ, grouped for people
local LINES = 12

---@class RuleDraft
---@field id integer
---@field hash string of the text
---@field text string "" when it has ended
---@field state "on"|"refused"|"off"|"promoted"|"discarded"
---@field reason string? why it is refused or off
---@field line integer?
---@field try_for string JSON: callers who get it already
---@field gate string? JSON (models.gate)
---@field author string?
---@field created_at integer
---@field ended_at integer?

--- The newest draft, even if it has ended.
---@return RuleDraft?
function drafts.newest()
  return db:one("SELECT * FROM rule_drafts ORDER BY id DESC LIMIT 1")
end

--- The hash of the draft that hasn't ended, "" for none.
---@return string
function drafts.hash()
  local row = db:one("SELECT hash, ended_at FROM rule_drafts ORDER BY id DESC LIMIT 1")
  return row and not row.ended_at and row.hash or ""
end

--- Has a text with this hash been a draft?
---@param hash string
---@return boolean
function drafts.is_known(hash)
  return db:one("SELECT 1 AS known FROM rule_drafts WHERE hash = ? LIMIT 1", hash) ~= nil
end

local TRYING = [[
  SELECT * FROM rule_drafts WHERE state = 'on' AND try_for <> '[]' ORDER BY id DESC LIMIT 1]]

--- The draft that callers of try_for get: nil when there is none.
local trying = memo(function()
  local row = db:one(TRYING)
  if not row then
    return nil
  end
  row.callers = {}
  for _, number in ipairs(json.decode(row.try_for)) do
    row.callers[number] = true
  end
  return row
end)

---@param from string
---@return RuleDraft? that decides calls from this number
function drafts.for_caller(from)
  local row = trying("on")
  return row and row.callers[from] and row or nil
end

local FINISH = [[
  UPDATE rule_drafts SET state = ?, reason = ?, line = ?, text = CASE WHEN ? IS NULL THEN text ELSE '' END,
    ended_at = ? WHERE id = ? AND ended_at IS NULL]]

--- The statement that gives a draft that hasn't ended another state; promoted and discarded end it.
---@param id integer
---@param state string
---@param reason string?
---@param line integer?
---@param at integer milliseconds
---@return table
function drafts.put_state(id, state, reason, line, at)
  local ended = (state == "promoted" or state == "discarded") and at or nil
  return table.pack(FINISH, state, reason, line, ended, ended, id)
end

local function run(statement)
  return db:exec(table.unpack(statement, 1, statement.n))
end

---@param id integer
---@param state string
---@param reason string?
---@param line integer?
---@param at integer milliseconds
function drafts.set_state(id, state, reason, line, at)
  run(drafts.put_state(id, state, reason, line, at))
end

--- Switch off a draft that fails for a call, and raise an alert, in that call's batch.
---@param batch table[] that stores the call's decision
---@param id integer
---@param reason string for everybody
---@param call_sid string
---@param at integer milliseconds
function drafts.add_off(batch, id, reason, call_sid, at)
  batch[#batch + 1] = drafts.put_state(id, "off", reason, nil, at)
  alerts.add(batch, { "decision", call_sid },
    { kind = "draft_off", subject = drafts.FILE, detail = reason, at = at })
end

---@param id integer
---@param reason string
---@param at integer
function drafts.switch_off(id, reason, at)
  db:transaction(function()
    run(drafts.put_state(id, "off", reason, nil, at))
    run(alerts.raise(nil, "draft_off", drafts.FILE, reason, at))
  end)
end

local BEGIN = [[
  INSERT INTO rule_drafts (hash, text, state, reason, line, try_for, gate, author, created_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id]]
local FROM_NOW = [[
  INSERT INTO draft_progress (draft, from_id, seen_id)
  SELECT ?, COALESCE(MAX(id), 0), COALESCE(MAX(id), 0) FROM twilio_call_logs]]

--- Begin a draft: the one before it ends, and calls are decided with this text from now on.
---@param d { hash: string, text: string, state: "on"|"refused", reason: string?, line: integer?,
--- try_for: string[], gate: string?, author: string?, follows: integer? }
--- follows: the newest draft when the text was read, 0 for none; nothing begins when there is a newer one
---@param at integer milliseconds
---@param ready fun(): any, string?, string? in the transaction: sees that the file is in place
---@return integer? id nil: there is a newer one, or the file isn't there
---@return string? message of `ready`
---@return string? code
function drafts.begin(d, at, ready)
  return db:transaction(function()
    local old = drafts.newest()
    if d.follows and d.follows ~= (old and old.id or 0) then
      return nil
    end
    local there, message, code = ready()
    if not there then
      return nil, message, code
    end
    if old and not old.ended_at then
      drafts.set_state(old.id, "discarded", nil, nil, at)
    end
    db:exec("DELETE FROM draft_calls")
    db:exec("DELETE FROM draft_progress")
    local callers = json.encode(json.array(d.try_for))
    local id = db:one(BEGIN, d.hash, d.text, d.state, d.reason, d.line, callers, d.gate, d.author, at).id
    db:exec(FROM_NOW, id)
    return id
  end)
end

-- ---- what it decides ----

local NEXT = [[
  SELECT c.id, c.call_sid, c.user_id, c."from", c."to", c.started_at, d.source, d.rule, d.rule_line, d.plan,
    d.inputs, d.reads
  FROM twilio_call_logs AS c JOIN call_decisions AS d ON d.call_sid = c.call_sid
  WHERE c.id > ? AND c.id <= ? AND c.parent_call_sid IS NULL AND c.direction = 'inbound'
    AND d.source NOT IN ('unadopted', 'outgoing')
  ORDER BY c.id LIMIT ?]]
-- Ids above the last row may be used again.
local LOOK_AGAIN = [[
  UPDATE draft_progress SET seen_id = (SELECT COALESCE(MAX(id), 0) FROM twilio_call_logs)
  WHERE seen_id > (SELECT COALESCE(MAX(id), 0) FROM twilio_call_logs)]]

--- The newest call of all.
---@return integer id
function drafts.last_call()
  return db:one("SELECT COALESCE(MAX(id), 0) AS id FROM twilio_call_logs").id
end

--- Calls that it has not decided yet, oldest first.
---@param id integer
---@param last integer call
---@param limit integer
---@return ReplayRow[]
function drafts.calls(id, last, limit)
  local progress = db:one("SELECT seen_id FROM draft_progress WHERE draft = ?", id)
  if not progress then
    return {}
  end
  local rows = db:query(NEXT, progress.seen_id, last, limit)
  if #rows == 0 then
    db:exec(LOOK_AGAIN)
  end
  return rows
end

local ENTER = [[
  INSERT INTO draft_calls (draft, call_sid, words, source, rule, line) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (draft, call_sid) DO NOTHING]]

--- Enter what it decided.
---@param id integer
---@param seen_id integer of the last call
---@param changed ReplayChange[]
function drafts.enter(id, seen_id, changed)
  -- One batch: it shares a commit with the calls' own writes instead of holding them up.
  local batch = { { "UPDATE draft_progress SET seen_id = ? WHERE draft = ?", seen_id, id } }
  for i, entry in ipairs(changed) do
    local after = entry.after
    batch[i + 1] = { ENTER, id, entry.call_sid, after.words, after.source, after.rule or json.null,
      after.line or json.null }
  end
  local stored, message = db:batch(batch, WAIT_MS)
  if not stored then
    error(message, 0)
  end
end

-- ---- for people ----

local COUNT = [[
  SELECT COUNT(*) AS n FROM draft_progress AS p
  JOIN twilio_call_logs AS c ON c.id > p.from_id AND c.id <= p.seen_id
  JOIN call_decisions AS d ON d.call_sid = c.call_sid
  WHERE p.draft = ? AND c.parent_call_sid IS NULL AND c.direction = 'inbound'
    AND d.source NOT IN ('unadopted', 'outgoing') AND (? IS NULL OR c.user_id = ?)]]
local DIFFER = [[
  SELECT a.call_sid, a.words, a.source, a.rule, a.line, c.started_at, c.user_id, d.source AS was_source,
    d.rule AS was_rule, d.rule_line AS was_line, d.plan
  FROM draft_calls AS a JOIN twilio_call_logs AS c ON c.call_sid = a.call_sid
  JOIN call_decisions AS d ON d.call_sid = a.call_sid
  WHERE a.draft = ? AND (? IS NULL OR c.user_id = ?) ORDER BY c.id DESC LIMIT ?]]

local function grouped(rows, name)
  local groups, known, words = json.array {}, {}, {}
  for _, row in ipairs(rows) do
    words[row.plan] = words[row.plan] or plan_words.way(json.decode(row.plan))
    local key = table.concat({ words[row.plan], row.was_source, row.was_rule or "", row.words, row.source,
      row.rule or "" }, "\n")
    local group = known[key]
    if not group then
      group = {
        count = 0, call_sid = row.call_sid, at = row.started_at,
        before = { words = name(words[row.plan], row.user_id), source = row.was_source, rule = row.was_rule,
          line = row.was_line },
        after = { words = name(row.words, row.user_id), source = row.source, rule = row.rule,
          line = row.line },
      }
      known[key], groups[#groups + 1] = group, group
    end
    group.count = group.count + 1
  end
  table.sort(groups, function(a, b) return a.count > b.count or a.count == b.count and a.at > b.at end)
  return groups
end

--- How it decides the calls since it was saved, compared with how they were decided.
---@param row RuleDraft
---@param user_id string? nil: the operator
---@param source string its text
---@param zone string
---@return { calls: integer, same: integer, changed: integer, groups: GateGroup[], text: string }
function drafts.report(row, user_id, source, zone)
  local who = not scope.is_team and user_id or nil
  local calls = db:one(COUNT, row.id, who, who).n
  local rows = db:query(DIFFER, row.id, who, who, LISTED)
  local found = {
    calls = calls, changed = #rows, same = calls - #rows, groups = grouped(rows, namer(source, not user_id)),
  }
  local since = row.created_at // 1000
  local head = ("%d of %d calls since %s %s (%s) go elsewhere with the draft"):format(found.changed, calls,
    time_words.day(zone, since), time_words.clock(zone, since), zone)
  found.text = gate_words.groups(head, found, LINES)
  return found
end

return drafts
