-- models.judgements: the facts of a call, and the verdict on it (calls/steps/judgement.lua) in its row.
--
--   judgements.add(batch, call_sid)   append what stores the verdict, after the statements of new facts
--   judgements.store(call_sid)        the same at once, inside db:transaction
--   judgements.facts(call_sid)        -> CallFacts, or nil for a call without a row
--   judgements.sql(text)              puts conditions on the outcome of a call into a statement: {talking},
--                                     {talked}, {message}, {missed}; {outcome} is its word
--
-- call_sid is the caller's own leg (the parent). Stored are end_reason and
-- answered_at (when a talk began), and status while they talk. It is one
-- statement that reads the facts where they are written, so two reports that
-- arrive together are judged together.

local db = require("db")
local judgement = require("calls.steps.judgement")

local judgements = {}

-- Each of the derived tables has one row. The five parameters are the call_sid. A
-- dial that Twilio reports as not bridged (x) wasn't a talk, even if someone picked up.
local FACTS = [[
  SELECT c.call_sid, c.started_at, c.ended_at,
    CASE WHEN c.direction = 'inbound' THEN 1 ELSE 0 END AS inbound,
    CASE WHEN c.ended_at IS NOT NULL THEN 1 ELSE 0 END AS over,
    CASE WHEN d.call_sid IS NOT NULL THEN 1 ELSE 0 END AS decided,
    COALESCE(s.talk, a.talk, l.talk) AS talk,
    COALESCE(l.talk_at, a.talk_at, s.talk_at) AS talk_at,
    CASE WHEN s.talk IS NOT NULL OR COALESCE(a.going, 0) + COALESCE(l.going, 0) = 0
      THEN 1 ELSE 0 END AS talk_over,
    CASE WHEN d.source = 'blocked' THEN 'blocked'
      WHEN d.entered = 'reject' OR s.rejected = 1 THEN 'rejected'
      WHEN d.entered LIKE 'refused: %' THEN d.entered END AS turned_away,
    r.message,
    COALESCE(s.gave_up, 0) AS gave_up,
    CASE WHEN d.entered IN ('hangup', 'twiml') OR s.hung_up = 1 THEN 1 ELSE 0 END AS hung_up,
    CASE WHEN d.entered = 'voicemail' OR s.mailbox = 1 THEN 1 ELSE 0 END AS mailbox,
    CASE WHEN c.direction <> 'inbound' OR d.call_sid IS NULL THEN COALESCE(s.word, l.word,
      CASE WHEN c.status IN ('busy', 'failed') THEN c.status WHEN c.status = 'canceled' THEN 'abandoned'
        WHEN c.status = 'completed' AND d.call_sid IS NULL AND c.direction <> 'inbound' THEN c.status
        END) END AS word
  FROM twilio_call_logs AS c LEFT JOIN call_decisions AS d ON d.call_sid = c.call_sid,
    (SELECT MAX(CASE WHEN outcome IN ('answered', 'forwarded') THEN outcome END) AS talk,
      MIN(CASE WHEN outcome IN ('answered', 'forwarded')
        THEN at - COALESCE(dial_duration, 0) * 1000 END) AS talk_at,
      MAX(CASE WHEN leg = 'out' THEN outcome END) AS word,
      MAX(CASE WHEN outcome = 'abandoned' THEN 1 ELSE 0 END) AS gave_up,
      MAX(CASE WHEN entered = 'reject' THEN 1 ELSE 0 END) AS rejected,
      MAX(CASE WHEN entered IN ('hangup', 'twiml') THEN 1 ELSE 0 END) AS hung_up,
      MAX(CASE WHEN entered = 'voicemail' THEN 1 ELSE 0 END) AS mailbox
      FROM call_steps WHERE call_sid = ?) AS s,
    (SELECT MAX(CASE WHEN p.leg = 'fwd' THEN 'forwarded' ELSE 'answered' END) AS talk,
      MIN(CASE WHEN p.at < k.answered_at THEN k.answered_at WHEN p.at > k.ended_at THEN k.ended_at
        ELSE p.at END) AS talk_at,
      MAX(CASE WHEN k.ended_at IS NULL THEN 1 ELSE 0 END) AS going
      FROM call_acceptances AS p LEFT JOIN twilio_call_logs AS k ON k.call_sid = p.child_call_sid
      WHERE p.parent_call_sid = ? AND NOT EXISTS (SELECT 1 FROM call_steps AS x
        WHERE x.call_sid = p.parent_call_sid AND x.bridged = 0
          AND (x.dial_call_sid = p.child_call_sid OR x.n = p.n))) AS a,
    (SELECT MAX(CASE WHEN took = 1 THEN CASE WHEN unscreened = 'fwd' THEN 'forwarded' ELSE 'answered' END
        END) AS talk,
      MIN(CASE WHEN took = 1 THEN COALESCE(answered_at, started_at) END) AS talk_at,
      MAX(CASE WHEN took = 1 AND ended_at IS NULL THEN 1 ELSE 0 END) AS going,
      MAX(CASE WHEN took = 0 THEN CASE status WHEN 'busy' THEN 'busy' WHEN 'failed' THEN 'failed'
        WHEN 'no-answer' THEN 'no_answer' WHEN 'canceled' THEN 'abandoned' END END) AS word
      FROM (SELECT k.unscreened, k.status, k.started_at, k.answered_at, k.ended_at,
          CASE WHEN (k.answered_at IS NOT NULL OR k.status_rank = 3 OR k.status = 'completed')
            AND (k.unscreened IS NOT NULL OR k."to" LIKE 'client:%' OR o.direction <> 'inbound')
            AND x.call_sid IS NULL
            THEN 1 ELSE 0 END AS took
        FROM twilio_call_logs AS k JOIN twilio_call_logs AS o ON o.call_sid = k.parent_call_sid
          LEFT JOIN call_steps AS x ON x.call_sid = k.parent_call_sid AND x.bridged = 0
            AND x.dial_call_sid = k.call_sid
        WHERE k.parent_call_sid = ?) AS t) AS l,
    (SELECT MAX(CASE WHEN kind = 'voicemail'
        AND (status = 'processing' OR status = 'completed' OR status = 'deleted')
        THEN 1 ELSE 0 END) AS message
      FROM recordings WHERE call_sid = ?) AS r
  WHERE c.call_sid = ?]]

local TEXT = { talk = true, turned_away = true, word = true }

-- A condition of judgement.ORDER on the facts f.
local function condition(words)
  local name = words:match("^not (.*)$")
  local fact = "f." .. (name or words)
  if TEXT[name or words] then
    return fact .. (name and " IS NULL" or " IS NOT NULL")
  end
  return fact .. (name and " = 0" or " = 1")
end

local function verdict()
  local cases = {}
  for _, entry in ipairs(judgement.ORDER) do
    local all = {}
    for position, words in ipairs(entry) do
      all[position] = condition(words)
    end
    local reason = entry.fact and "f." .. entry.fact or entry.reason and "'" .. entry.reason .. "'" or "NULL"
    cases[#cases + 1] = #all > 0 and ("WHEN %s THEN %s"):format(table.concat(all, " AND "), reason)
      or "ELSE " .. reason
  end
  return "CASE " .. table.concat(cases, " ") .. " END"
end

-- judgement.outcome, as conditions on a row.
local function quoted(reasons)
  return "'" .. table.concat(reasons, "', '") .. "'"
end
local REASONS = judgement.REASONS
local OUTCOMES = {
  talking = "(answered_at IS NOT NULL AND ended_at IS NULL AND end_reason IS NULL)",
  talked = ("end_reason IN (%s)"):format(quoted(REASONS.talked)),
  message = ("end_reason IN (%s)"):format(quoted(REASONS.message)),
  missed = ("(direction = 'inbound' AND (ended_at IS NOT NULL OR end_reason IS NOT NULL) AND "
    .. "COALESCE(end_reason, '') NOT IN (%s, %s, %s) AND COALESCE(end_reason, '') NOT LIKE 'refused: %%')")
    :format(quoted(REASONS.talked), quoted(REASONS.message), quoted(REASONS.turned_away)),
  outcome = ([[CASE
    WHEN end_reason IS NULL AND ended_at IS NULL
      THEN CASE WHEN answered_at IS NULL THEN 'live' ELSE 'talking' END
    WHEN end_reason IN (%s) THEN 'talked' WHEN end_reason IN (%s) THEN 'message'
    WHEN end_reason IN (%s) OR end_reason LIKE 'refused: %%' THEN 'turned_away'
    WHEN direction = 'inbound' THEN 'missed' ELSE 'unanswered' END]])
    :format(quoted(REASONS.talked), quoted(REASONS.message), quoted(REASONS.turned_away)),
}

--- Put conditions on the outcome of a call into a statement on the call log.
---@param text string
---@return string
function judgements.sql(text)
  return (text:gsub("{(%l+)}", OUTCOMES))
end

-- A verdict without news writes nothing.
local STORE = [[
  UPDATE twilio_call_logs SET end_reason = v.reason, answered_at = v.answered,
    status = CASE WHEN v.talking = 1 AND status_rank < 3 THEN 'in-progress' ELSE status END,
    status_rank = CASE WHEN v.talking = 1 AND status_rank < 3 THEN 3 ELSE status_rank END
  FROM (SELECT f.call_sid, ]] .. verdict() .. [[ AS reason,
      CASE WHEN f.talk_at < f.started_at THEN f.started_at WHEN f.talk_at > f.ended_at THEN f.ended_at
        ELSE f.talk_at END AS answered,
      CASE WHEN f.talk IS NOT NULL AND f.talk_over = 0 AND f.over = 0 THEN 1 ELSE 0 END AS talking
    FROM (]] .. FACTS .. [[) AS f) AS v
  WHERE twilio_call_logs.call_sid = v.call_sid AND (end_reason IS DISTINCT FROM v.reason
    OR answered_at IS DISTINCT FROM v.answered OR v.talking = 1 AND status_rank < 3)]]

-- The list of callers to call back has to look at the call again.
local NEWS = [[
  INSERT INTO missed_pending (call_sid)
  SELECT call_sid FROM twilio_call_logs WHERE call_sid = ? AND end_reason IS NOT NULL
  ON CONFLICT (call_sid) DO NOTHING]]

--- Append the statements that judge a call by what is stored when they run.
---@param batch table[]
---@param call_sid string of the caller's leg
function judgements.add(batch, call_sid)
  local count = #batch
  batch[count + 1] = { STORE, call_sid, call_sid, call_sid, call_sid, call_sid, n = 6 }
  batch[count + 2] = { NEWS, call_sid, n = 2 }
end

--- Judge a call again after its facts were stored. For use inside db:transaction.
---@param call_sid string of the caller's leg
function judgements.store(call_sid)
  db:exec(STORE, call_sid, call_sid, call_sid, call_sid, call_sid)
  db:exec(NEWS, call_sid)
end

---@param call_sid string of the caller's leg
---@return CallFacts?
function judgements.facts(call_sid)
  return db:one(FACTS, call_sid, call_sid, call_sid, call_sid, call_sid)
end

return judgements
