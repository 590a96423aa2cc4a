-- models.texts: text messages to callers nobody talked to.
--
-- A text is a step of its call (leg "text"), so the call's trace has its outcome:
-- due, then not_confirmed while Twilio is asked, then sent, refused (this phone
-- gets none), failed, or skipped and why. Twilio reports later whether a sent one was
-- delivered or undelivered. One that isn't confirmed is never sent again: better no
-- text than two.

local alerts = require("models.alerts")
local db = require("db")
local json = require("json")
local judgement = require("calls.steps.judgement")
local scope = require("hookswitch.scope")
local sources = require("models.call_sources")

local texts = {}

local DAY_MS = 24 * 3600 * 1000

local PLAN = [[SELECT plan FROM call_decisions WHERE call_sid = ? AND plan LIKE '%"missed_text"%']]

local DUE = [[
  INSERT INTO call_steps (call_sid, n, leg, outcome, target, detail, at) VALUES (?, 0, 'text', 'due', ?, ?, ?)
  ON CONFLICT (call_sid, n, leg) DO NOTHING]]

--- Note that a text is due, when the call's plan has one and the call reached nobody.
---@param call table row of the call log
function texts.consider(call)
  if not judgement.reached_nobody(call) then
    return
  end
  local row = db:one(PLAN, call.call_sid)
  local plan = row and json.decode(row.plan)
  local text = plan and plan.missed_text
  if type(text) == "string" then
    db:exec(DUE, call.call_sid, call.from, json.encode { text = text }, call.ended_at or call.started_at)
  end
end

---@class DueText
---@field call_sid string
---@field from string the caller
---@field to string the called number
---@field user_id string?
---@field phone_number_id integer?
---@field started_at integer of the call
---@field at integer when it became due
---@field text string

--- The text that has been due longest.
---@param at integer milliseconds
---@return DueText?
function texts.next(at)
  local row = db:one([[
    SELECT s.call_sid, s.at, s.detail, c."from", c."to", c.user_id, c.phone_number_id, c.started_at
    FROM call_steps AS s JOIN twilio_call_logs AS c ON c.call_sid = s.call_sid
    WHERE s.leg = 'text' AND s.at > ? AND s.outcome = 'due' ORDER BY s.at LIMIT 1]], at - 7 * DAY_MS)
  if row then
    row.text = json.decode(row.detail).text
  end
  return row
end

-- Only one of several processes can take a text on from an outcome.
local SET = [[
  UPDATE call_steps SET outcome = ?, detail = ? WHERE call_sid = ? AND leg = 'text' AND outcome = ?]]

--- Take a due text before Twilio is asked.
---@param due DueText
---@return boolean whether it was still due
function texts.claim(due)
  return db:exec(SET, "not_confirmed", json.encode { text = due.text }, due.call_sid, "due") > 0
end

--- Store how it went.
---@param due DueText
---@param outcome "sent"|"refused"|"failed"|"skipped"
---@param detail { reason: string?, message: string?, message_sid: string? }
function texts.finish(due, outcome, detail)
  detail.text = due.text
  local from = outcome == "skipped" and "due" or "not_confirmed"
  db:exec(SET, outcome, json.encode(detail), due.call_sid, from)
end

-- A text that a report can still change; its message SID may not be known yet. The final state comes once
-- ("delivered", "undelivered" and "failed" at Twilio), "sent" before or after it.
local NAMED = [[%"message_sid":"%]]
local OPEN = ([[s.call_sid = ? AND s.leg = 'text'
  AND (s.outcome = 'not_confirmed' OR s.outcome = 'sent' AND ? <> 'sent')
  AND (s.detail NOT LIKE '%s' OR s.detail LIKE ?)]]):format(NAMED)

-- `detail` keeps its text: new fields are put before it.
local REPORT = ([[
  UPDATE call_steps AS s SET outcome = ?,
    detail = CASE WHEN s.detail LIKE '%s' THEN ? ELSE ? END || substr(s.detail, 2)
  WHERE ]]):format(NAMED) .. OPEN

local FAILED = alerts.statement([[
  SELECT COALESCE(c.user_id, ''), 'text_failed', c."to", CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT)
  FROM call_steps AS s JOIN twilio_call_logs AS c ON c.call_sid = s.call_sid WHERE ]] .. OPEN)

-- The beginning of a JSON object.
local function opened(fields)
  return next(fields) and json.encode(fields):sub(1, -2) .. "," or "{"
end

--- The statements that store what Twilio reports of a text, for a webhook's batch. Reports come twice and in
--- any order: the first final one counts.
---@param call_sid string of the call that the text belongs to
---@param outcome "sent"|"delivered"|"undelivered"|"refused"
---@param news { message_sid: string, reason: string?, message: string? }
---@param at integer milliseconds
---@return table[] batch the last one changes no row if it says nothing new
function texts.report(call_sid, outcome, news, at)
  local sid = news.message_sid
  local ours = NAMED:sub(1, -2) .. sid .. '"%'
  local batch = {}
  if outcome == "undelivered" then
    batch[1] = { FAILED, news.message, at, at, call_sid, outcome, ours }
  end
  local said = opened { message = news.message, reason = news.reason }
  local named = said .. '"message_sid":"' .. sid .. '",'
  batch[#batch + 1] = { REPORT, outcome, said, named, call_sid, outcome, ours }
  return batch
end

local TO = [[
  SELECT s.call_sid, s.outcome, s.detail, s.at FROM call_steps AS s
  WHERE s.leg = 'text' AND s.call_sid IN (SELECT call_sid FROM twilio_call_logs
    WHERE user_id = ? AND "from" = ? AND parent_call_sid IS NULL ORDER BY started_at DESC LIMIT 200)]]

--- Texts to a caller, newest first.
---@param user_id string
---@param number string E.164
---@return { call_sid: string, outcome: string, text: string?, at: integer }[]
function texts.to(user_id, number)
  local list = {}
  for _, whose in ipairs(sources.owners(user_id)) do
    for _, row in ipairs(db:query(TO, whose, number)) do
      local detail = json.decode(row.detail or "null")
      row.text, row.detail = type(detail) == "table" and detail.text or nil, nil
      list[#list + 1] = row
    end
  end
  table.sort(list, function(a, b) return a.at > b.at end)
  return list
end

local TALKED = scope [[
  SELECT 1 AS yes FROM missed_marks WHERE {owned} AND number = ? AND kind = 'talked' AND at >= ? LIMIT 1]]

-- Not {owned}: a text counts, whoever sent it.
local BEFORE = [[
  SELECT COALESCE(SUM(CASE WHEN outcome <> 'refused' AND at > ? THEN 1 ELSE 0 END), 0) AS sent,
    COALESCE(SUM(CASE WHEN outcome = 'refused' THEN 1 ELSE 0 END), 0) AS refused
  FROM call_steps
  WHERE leg = 'text' AND at > ? AND target = ?
    AND outcome IN ('sent', 'delivered', 'undelivered', 'not_confirmed', 'refused')]]

local FROM_NUMBER = [[
  SELECT COUNT(*) AS n FROM call_steps AS s JOIN twilio_call_logs AS c ON c.call_sid = s.call_sid
  WHERE s.leg = 'text' AND s.at > ? AND c."to" = ?
    AND s.outcome IN ('sent', 'delivered', 'undelivered', 'not_confirmed')]]

--- What matters for a text: talks since the call, and earlier texts.
---@param due DueText
---@param pause_ms integer how long a caller is left alone
---@param at integer milliseconds
---@return TextPast
function texts.past(due, pause_ms, at)
  local before = db:one(BEFORE, at - pause_ms, at - math.max(90 * DAY_MS, pause_ms), due.from)
  local user_id, from, since = due.user_id, due.from, due.started_at
  return {
    talked = db:one(TALKED, user_id, from, since) ~= nil,
    texted = before.sent > 0, refused = before.refused > 0,
    today = db:one(FROM_NUMBER, at - DAY_MS, due.to).n,
  }
end

return texts
