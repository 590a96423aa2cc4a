-- Callers to get back to, kept up call by call: what a new report changes is
-- worked out from its own call and the rows beside it, however long the history.

-- Calls that count: missed ones, and talks, which cover the missed calls before
-- them. Written with missed_calls itself (models/missed_rows.lua).
CREATE TABLE missed_marks (
    call_sid TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL,
    number TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('missed', 'talked')),
    at INTEGER NOT NULL
) STRICT;

INSERT INTO missed_marks (call_sid, user_id, number, kind, at)
SELECT call_sid, user_id, "from", 'missed', started_at FROM twilio_call_logs
WHERE parent_call_sid IS NULL AND user_id IS NOT NULL AND direction = 'inbound'
    AND (ended_at IS NOT NULL OR end_reason IS NOT NULL)
    AND COALESCE(end_reason, '') NOT IN ('answered', 'forwarded', 'blocked', 'rejected')
    AND COALESCE(end_reason, '') NOT LIKE 'refused: %'
    AND "from" LIKE '+%' AND LENGTH("from") BETWEEN 8 AND 16 AND "from" NOT LIKE '+0%'
    AND "from" NOT IN ('+266696687', '+7378742833', '+2562533', '+8656696', '+86282452253', '+7748283')
    AND call_sid NOT IN (SELECT call_sid FROM missed_pending);
INSERT INTO missed_marks (call_sid, user_id, number, kind, at)
SELECT call_sid, user_id, CASE direction WHEN 'inbound' THEN "from" ELSE "to" END, 'talked',
    COALESCE(answered_at, started_at)
FROM twilio_call_logs
WHERE parent_call_sid IS NULL AND user_id IS NOT NULL AND direction IN ('inbound', 'outbound')
    AND end_reason IN ('answered', 'forwarded')
    AND CASE direction WHEN 'inbound' THEN "from" ELSE "to" END LIKE '+%'
    AND call_sid NOT IN (SELECT call_sid FROM missed_reopened)
    AND call_sid NOT IN (SELECT call_sid FROM missed_pending);
CREATE INDEX missed_marks_number ON missed_marks (number, kind, at, user_id);

CREATE INDEX missed_calls_settled ON missed_calls (number, settled_to, user_id);
DROP INDEX missed_calls_number;
DROP INDEX missed_dismissals_number;
CREATE INDEX missed_dismissals_number ON missed_dismissals (number, up_to, user_id);

-- How often somebody rang before is counted in the index alone.
DROP INDEX twilio_call_logs_from;
CREATE INDEX twilio_call_logs_from ON twilio_call_logs (user_id, "from", started_at) WHERE parent_call_sid IS NULL;
