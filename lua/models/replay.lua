-- models.replay: stored calls, as a replay reads them, and what else the call log knows about them.
--
-- A replay goes through the calls of a span oldest first, a page at a time. Some
-- of its questions are about the past as it was then: was the line busy, had
-- this caller rung before?

local calls = require("models.calls")
local db = require("db")
local identity = require("calls.parties.identity")
local json = require("json")
local scope = require("hookswitch.scope")
local tz = require("tz")

local replay = {}

local DAY_MS = 24 * 3600 * 1000
local ODDS_DAYS = 90 -- how far back people's habits are looked up

-- A command asks for everybody's calls (user_id is nil), the API for one user's.
local function owner(user_id)
  return not scope.is_team and user_id or nil
end

local TOTAL = [[
  SELECT COUNT(*) AS n FROM twilio_call_logs
  WHERE parent_call_sid IS NULL AND direction = 'inbound' AND started_at >= ? AND started_at < ?
    AND (? IS NULL OR user_id = ?) AND (? IS NULL OR phone_number_id = ?)]]

---@class ReplaySpan
---@field from integer milliseconds
---@field to integer milliseconds, excluded
---@field phone_number_id integer?

--- How many calls a span has.
---@param user_id string? nil: of everybody, for commands
---@param span ReplaySpan
---@return integer
function replay.total(user_id, span)
  local who, number = owner(user_id), span.phone_number_id
  return db:one(TOTAL, span.from, span.to, who, who, number, number).n
end

local PAGE = [[
  SELECT c.id, c.call_sid, c.user_id, c."from", c."to", c.started_at,
    d.source, d.rule, d.rule_line, d.plan, d.inputs, d.reads
  FROM twilio_call_logs AS c LEFT JOIN call_decisions AS d ON d.call_sid = c.call_sid
  WHERE c.parent_call_sid IS NULL AND c.direction = 'inbound' AND c.started_at >= ? AND c.started_at < ?
    AND (c.started_at > ? OR c.id > ?) AND (? IS NULL OR c.user_id = ?)
    AND (? IS NULL OR c.phone_number_id = ?)
  ORDER BY c.started_at, c.id LIMIT ?]]

--- The next calls of a span, oldest first.
---@param user_id string? nil: of everybody, for commands
---@param span ReplaySpan
---@param after { at: integer, id: integer }? where the page before ended
---@param limit integer
---@return ReplayRow[]
function replay.page(user_id, span, after, limit)
  local who, number = owner(user_id), span.phone_number_id
  local at, id = after and after.at or span.from, after and after.id or 0
  return db:query(PAGE, math.max(span.from, at), span.to, at, id, who, who, number, number, limit)
end

-- ---- the history of a replay ----

-- Was a line busy then? models.calls asks it of the present. A talk begins at answered_at.
local BUSY = [[
  SELECT 1 AS yes FROM twilio_call_logs
  WHERE user_id = ? AND parent_call_sid IS NULL AND started_at > ? AND answered_at <= ? AND call_sid <> ?
    AND (ended_at IS NULL OR ended_at > ?)
    AND NOT EXISTS (SELECT 1 FROM twilio_call_logs AS l
      WHERE l.parent_call_sid = twilio_call_logs.call_sid AND l.answered_at IS NOT NULL
        AND twilio_call_logs.direction = 'inbound' AND l.user_id <> twilio_call_logs.user_id)
  UNION ALL
  SELECT 1 FROM twilio_call_logs
  WHERE user_id = ? AND parent_call_sid IS NOT NULL AND started_at > ? AND "to" LIKE 'client:%'
    AND answered_at <= ? AND parent_call_sid <> ? AND (ended_at IS NULL OR ended_at > ?)
  LIMIT 1]]

--- Whether this user talked in another call at a moment.
---@return boolean
local function busy(user_id, call_sid, at)
  local since = at - calls.LONGEST_MS
  return db:one(BUSY, user_id, since, at, call_sid, at, user_id, since, at, call_sid, at) ~= nil
end

local HAPPENED = [[
  SELECT s.n, s.leg, s.outcome, s.target, s.detail, l."to" AS took
  FROM call_steps AS s LEFT JOIN twilio_call_logs AS l ON l.call_sid = s.dial_call_sid
  WHERE s.call_sid = ? AND s.leg IN ('line', 'fwd', 'simulring', 'skipped') ORDER BY s.at, s.n]]

-- "user:42", which the log calls client:user_42.
local function as_target(to)
  local user_id = to and identity.user(to:match("^client:(.+)$") or "")
  return user_id and "user:" .. user_id or to
end

--- How the rings of a call ended; whoever was left out counts as not answering.
---@param call_sid string
---@return Happening[]
local function happened(call_sid)
  local list = {}
  for _, row in ipairs(db:query(HAPPENED, call_sid)) do
    if row.leg ~= "skipped" then
      list[#list + 1] = { n = row.n, outcome = row.outcome, target = row.target, took = as_target(row.took) }
    end
    for _, left_out in ipairs(row.detail and json.decode(row.detail) or {}) do
      local word = left_out.code == "offline" and "offline" or "failed"
      list[#list + 1] = { n = row.n, outcome = word, target = left_out.target }
    end
  end
  return list
end

-- A leg was answered if its dial says so, since a mobile's own voicemail answers
-- too. One that stopped ringing because someone else answered says nothing about
-- that person.
local LEGS = [[
  SELECT l.started_at,
    EXISTS (SELECT 1 FROM call_steps AS s WHERE s.call_sid = l.parent_call_sid
      AND s.dial_call_sid = l.call_sid AND s.outcome IN ('answered', 'forwarded')) AS answered
  FROM twilio_call_logs AS l
  WHERE l.user_id = ? AND l.parent_call_sid IS NOT NULL AND l.started_at >= ? AND l."to" = ?
    AND l.status <> 'failed' AND NOT EXISTS (
      SELECT 1 FROM call_steps AS s JOIN twilio_call_logs AS o ON o.call_sid = s.dial_call_sid
      WHERE s.call_sid = l.parent_call_sid AND s.outcome IN ('answered', 'forwarded')
        AND o.call_sid <> l.call_sid AND o.started_at < COALESCE(l.ended_at, l.started_at))
  ORDER BY l.started_at DESC LIMIT 5000]]

-- How often each answered and was rung, by the hour of the day.
local function habits(target, user_id, zone, since)
  local id = target:match("^user:(.+)$")
  local by_hour = {}
  for _, leg in ipairs(db:query(LEGS, id or user_id, since, id and "client:" .. identity.of(id) or target)) do
    local clock = tz.local_time(zone, leg.started_at // 1000)
    local hour = by_hour[clock.hour] or { answered = 0, rung = 0 }
    hour.answered, hour.rung = hour.answered + leg.answered, hour.rung + 1
    by_hour[clock.hour] = hour
  end
  return by_hour
end

--- What a replay asks the call log for. People's habits are looked up once.
---@param now integer milliseconds
---@return ReplayHistory
function replay.history(now)
  local known = {}
  return {
    prior = calls.prior, busy = busy, happened = happened,
    odds = function(target, user_id, zone, hour)
      local key = table.concat({ target, user_id, zone }, "\n")
      known[key] = known[key] or habits(target, user_id, zone, now - ODDS_DAYS * DAY_MS)
      local found = known[key][hour]
      return found and found.answered or 0, found and found.rung or 0
    end,
  }
end

return replay
