-- models.calls: the call log, one row per leg, in whatever order reports arrive.

local config = require("config")
local db = require("db")
local json = require("json")
local judgements = require("models.judgements")
local recent = require("recent")

local calls = {}

calls.TERMINAL = 4 -- the rank of a status that ends a leg

local RANK = {
  queued = 0, initiated = 1, ringing = 2, answered = 3, ["in-progress"] = 3,
  completed = 4, busy = 4, failed = 4, ["no-answer"] = 4, canceled = 4,
}

-- No talk lasts longer than a <Dial> allows; if one seems to, the report of its end was lost.
calls.LONGEST_MS = (config.get("call_limit_seconds") + 600) * 1000

-- A report is newer when its SequenceNumber is higher, or, without one, when its
-- status is further on; a terminal status ends the row for good. The test
-- stands twice because SQL has no name for it. When a call began is worked out
-- from its duration only where nothing else tells. A leg of a call that is over
-- is over, until its own last report says when.
local INSERT = [[
  INSERT INTO twilio_call_logs AS t (call_sid, parent_call_sid, user_id, phone_number_id, direction,
    "from", "to", status, status_rank, sequence_number, started_at, answered_at, ended_at, duration,
    answered_by, error_code, rule_version, unscreened, updated_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
    COALESCE(?, (SELECT p.ended_at FROM twilio_call_logs AS p WHERE p.call_sid = ?)), ?, ?, ?, ?, ?, ?)
  ON CONFLICT (call_sid) DO ]]
local UPSERT = INSERT .. [[UPDATE SET
    status = CASE WHEN t.status_rank < 4 AND (excluded.status_rank = 4
        OR excluded.sequence_number > t.sequence_number
        OR excluded.sequence_number < 0 AND excluded.status_rank > t.status_rank)
      THEN excluded.status ELSE t.status END,
    status_rank = CASE WHEN t.status_rank < 4 AND (excluded.status_rank = 4
        OR excluded.sequence_number > t.sequence_number
        OR excluded.sequence_number < 0 AND excluded.status_rank > t.status_rank)
      THEN excluded.status_rank ELSE t.status_rank END,
    sequence_number = CASE WHEN excluded.sequence_number > t.sequence_number
      THEN excluded.sequence_number ELSE t.sequence_number END,
    started_at = CASE WHEN excluded.status_rank < 4 AND (excluded.started_at < t.started_at
        OR t.status_rank = 4 AND t.started_at = t.ended_at - COALESCE(t.duration, 0) * 1000
          AND excluded.started_at <= t.ended_at)
      THEN excluded.started_at ELSE t.started_at END,
    answered_at = CASE WHEN excluded.answered_at IS NULL OR excluded.status_rank = 4
        AND t.answered_at IS NOT NULL THEN t.answered_at
      WHEN t.ended_at < excluded.answered_at THEN t.ended_at
      WHEN excluded.answered_at < t.started_at AND excluded.status_rank = 4 THEN t.started_at
      ELSE excluded.answered_at END,
    ended_at = CASE WHEN t.ended_at IS NOT NULL AND (t.status_rank = 4 OR excluded.status_rank < 4)
        THEN t.ended_at
      WHEN excluded.ended_at < t.answered_at THEN t.answered_at
      WHEN excluded.ended_at < t.started_at THEN t.started_at ELSE excluded.ended_at END,
    duration = COALESCE(t.duration, excluded.duration),
    parent_call_sid = COALESCE(t.parent_call_sid, excluded.parent_call_sid),
    user_id = COALESCE(t.user_id, excluded.user_id),
    phone_number_id = COALESCE(t.phone_number_id, excluded.phone_number_id),
    answered_by = COALESCE(excluded.answered_by, t.answered_by),
    error_code = COALESCE(excluded.error_code, t.error_code),
    rule_version = COALESCE(t.rule_version, excluded.rule_version),
    unscreened = COALESCE(t.unscreened, excluded.unscreened),
    updated_at = CASE WHEN excluded.updated_at > t.updated_at THEN excluded.updated_at ELSE t.updated_at END]]

---@class LegReport
---@field call_sid string
---@field parent_call_sid string?
---@field user_id string?
---@field phone_number_id integer?
---@field direction string inbound | outbound | outbound-dial
---@field from string
---@field to string
---@field status string Twilio's word
---@field sequence integer? SequenceNumber
---@field at integer milliseconds: when that happened
---@field duration integer? seconds, up to that moment
---@field answered_by string?
---@field error_code string?
---@field rule_version integer?
---@field unscreened string? of a leg: judgement.unscreened

--- The statement that stores a report, for db:batch. Unknown words count as ringing. When the caller of a
--- call was answered is for models.judgements to say: Twilio answers it to play a greeting, too.
---@param leg LegReport
---@return any[]
function calls.report(leg)
  local rank = RANK[leg.status] or RANK.ringing
  local status = leg.status == "answered" and "in-progress" or leg.status
  local parent = leg.parent_call_sid
  local ended_at = rank == 4 and leg.at or nil
  local began_at = ended_at and ended_at - (leg.duration or 0) * 1000 or leg.at
  local answered_at = parent and (rank == 3 or status == "completed" and leg.duration) and began_at or nil
  return {
    UPSERT, leg.call_sid, parent, leg.user_id, leg.phone_number_id, leg.direction, leg.from,
    leg.to, status, rank, leg.sequence or -1, began_at, answered_at, ended_at, parent, leg.duration,
    leg.answered_by, leg.error_code, leg.rule_version, leg.unscreened, leg.at, n = 21,
  }
end

local IF_NEW = INSERT .. "NOTHING"

--- Of a report's statement, the one that does nothing if there is a row.
---@param report any[]
---@return any[]
function calls.if_new(report)
  return table.move(report, 2, report.n, 2, { IF_NEW, n = report.n })
end

--- Whether a status word ends a leg.
---@param status string
---@return boolean
function calls.is_final(status)
  return RANK[status] == calls.TERMINAL
end

--- The statement that closes the legs of a call that is over: a report about them may have been lost, and
--- a leg that never ends would keep a line busy. Their status stays open to that report.
---@param call_sid string
---@param at integer milliseconds
---@return table
function calls.close_legs(call_sid, at)
  return table.pack("UPDATE twilio_call_logs SET ended_at = ? WHERE parent_call_sid = ? AND ended_at IS NULL",
    at, call_sid)
end

local OWN_LEGS = [[
  UPDATE twilio_call_logs AS l SET user_id = COALESCE(l.user_id, p.user_id),
    phone_number_id = COALESCE(l.phone_number_id, p.phone_number_id)
  FROM twilio_call_logs AS p WHERE p.call_sid = ? AND l.parent_call_sid = ?
    AND (l.user_id IS NULL OR l.phone_number_id IS NULL)]]

--- The statement that gives a call's legs to its owner, if they were stored before the owner was known.
---@param call_sid string of the caller's leg
---@return table
function calls.own_legs(call_sid)
  return { OWN_LEGS, call_sid, call_sid }
end

-- Two queries, each with its own index: talks on the user's lines that no colleague's browser answered, and
-- talks of the user's browser in someone else's call.
local BUSY = judgements.sql [[
  SELECT 1 AS yes FROM twilio_call_logs
  WHERE user_id = ? AND parent_call_sid IS NULL AND started_at > ? AND {talking} AND call_sid <> ?
    AND NOT EXISTS (SELECT 1 FROM twilio_call_logs AS l
      WHERE l.parent_call_sid = twilio_call_logs.call_sid AND l.status_rank = 3 AND l.ended_at IS NULL
        AND twilio_call_logs.direction = 'inbound' AND l.user_id <> twilio_call_logs.user_id)
  UNION ALL
  SELECT 1 FROM twilio_call_logs AS l
  WHERE user_id = ? AND parent_call_sid IS NOT NULL AND started_at > ? AND "to" LIKE 'client:%'
    AND status_rank = 3 AND ended_at IS NULL AND parent_call_sid <> ?
    AND EXISTS (SELECT 1 FROM twilio_call_logs AS p WHERE p.call_sid = l.parent_call_sid AND {talking})
  LIMIT 1]]

--- Is this user talking in another call? A ringing call, or one recording a message, doesn't count.
---@param user_id string
---@param except string CallSid of the call that asks
---@param at integer milliseconds
---@return boolean
function calls.busy(user_id, except, at)
  local since = at - calls.LONGEST_MS
  return db:one(BUSY, user_id, since, except, user_id, since, except) ~= nil
end

local MANY = 10000 -- calls of one caller; more aren't counted

--- How often this caller rang this user before, up to 10,000.
---@param user_id string
---@param from string
---@param before integer milliseconds
---@return integer
function calls.prior(user_id, from, before)
  local row = db:one([[
    SELECT COUNT(*) AS n FROM (SELECT 1 FROM twilio_call_logs
      WHERE user_id = ? AND "from" = ? AND parent_call_sid IS NULL AND started_at < ? LIMIT ?) AS c]],
    user_id, from, before, MANY)
  return row.n
end

local WEEK_MS = 7 * 24 * 3600 * 1000
local MONDAY_MS = 4 * 24 * 3600 * 1000 -- the first Monday since 1970

--- A number that goes up by one with each call to a number: how many there were this week, by UTC, and
--- how many weeks.
---@param user_id string
---@param phone_number_id integer
---@param before integer milliseconds
---@return integer
function calls.turn(user_id, phone_number_id, before)
  local week = (before - MONDAY_MS) // WEEK_MS
  local row = db:one([[
    SELECT COUNT(*) AS n FROM (SELECT 1 FROM twilio_call_logs
      WHERE user_id = ? AND parent_call_sid IS NULL AND phone_number_id = ? AND direction = 'inbound'
        AND started_at >= ? AND started_at < ? LIMIT ?) AS c]],
    user_id, phone_number_id, week * WEEK_MS + MONDAY_MS, before, MANY)
  return week + row.n
end

local IDLE_MS = 14 * 24 * 3600 * 1000

--- When each of these last talked, in seconds since 1970; left out if that was over two weeks ago.
---@param user_id string
---@param addresses table<string, string> by what Twilio calls them: "+13035550142", "client:user_42"
---@param before integer milliseconds
---@return table<string, integer> by the values of `addresses`
function calls.last_talks(user_id, addresses, before)
  local found = {}
  for _, row in ipairs(db:query([[
    SELECT "to" AS address, MAX(COALESCE(ended_at, answered_at)) AS at FROM twilio_call_logs
      WHERE user_id = ? AND parent_call_sid IS NOT NULL AND started_at >= ? AND started_at < ?
        AND answered_at IS NOT NULL GROUP BY "to"]], user_id, before - IDLE_MS, before)) do
    local name = addresses[row.address]
    if name then found[name] = row.at // 1000 end
  end
  return found
end

local used = {} -- what this VM saw last, by user
local used_count, USED_MAX = 0, 1000

local MINUTES = [[
  SELECT COALESCE(SUM(CASE WHEN duration IS NOT NULL THEN duration
      WHEN ended_at IS NULL AND status_rank = 3 AND answered_at < ? THEN (? - answered_at) / 1000
      ELSE 0 END), 0) AS seconds
  FROM twilio_call_logs
  WHERE user_id = ? AND parent_call_sid IS NOT NULL AND started_at >= ? AND "to" NOT LIKE 'client:%']]

--- Minutes that a user's telephone legs have talked since `since`, including talks under way. Up to a second
--- old: one query per second and user, not one per call.
---@param user_id string
---@param at integer milliseconds
---@param since integer milliseconds
---@return number
function calls.minutes(user_id, at, since)
  local known = used[user_id]
  if not known or known.at > at or at - known.at >= 1000 then
    local key = "minutes " .. user_id
    known = recent.get(key)
    known = known and json.decode(known)
    if not known or known.at > at or at - known.at >= 1000 then
      known = { at = at, minutes = db:one(MINUTES, at, at, user_id, since).seconds / 60 }
      recent.put(key, json.encode(known))
    end
    if used_count >= USED_MAX then
      used, used_count = {}, 0
    end
    used_count = used_count + (used[user_id] and 0 or 1)
    used[user_id] = known
  end
  return known.minutes
end

--- Who a leg belongs to: for callbacks that only name the CallSid.
---@param call_sid string
---@return { user_id: string?, phone_number_id: integer?, status_rank: integer, direction: string }?
function calls.owner_of(call_sid)
  return db:one([[
    SELECT user_id, phone_number_id, status_rank, direction
    FROM twilio_call_logs WHERE call_sid = ?]], call_sid)
end

return calls
