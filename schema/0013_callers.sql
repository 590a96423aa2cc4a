-- Callers as people look at them: who they are searched by, what is noted about
-- them, which messages were heard, and who calls back.

-- The numbers at the other end, one row a user and number: a search reads these
-- and not the calls. `calls` and `last_at` are for choosing a plan and an order.
-- Written from the call log when someone searches, and by maintenance.
CREATE TABLE callers (
    user_id TEXT NOT NULL,
    number TEXT NOT NULL,
    calls INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, number)
) STRICT;
INSERT INTO callers (user_id, number, calls, last_at)
SELECT user_id, CASE direction WHEN 'inbound' THEN "from" ELSE "to" END, COUNT(*), MAX(started_at)
FROM twilio_call_logs
WHERE parent_call_sid IS NULL AND user_id IS NOT NULL
    AND CASE direction WHEN 'inbound' THEN "from" ELSE "to" END LIKE '+%'
GROUP BY 1, 2;
-- Rows of the call log up to seen_id are in there.
CREATE TABLE callers_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seen_id INTEGER NOT NULL
) STRICT;
INSERT INTO callers_state (id, seen_id) SELECT 1, COALESCE(MAX(id), 0) FROM twilio_call_logs;

-- What is noted about a number; `about` is E.164, or the CallSid of a message
-- from someone who showed no number.
CREATE TABLE caller_notes (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    about TEXT NOT NULL,
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX caller_notes_about ON caller_notes (about, id);

-- Names as a search sees them, without capitals and accents; NULL: not yet.
ALTER TABLE contacts ADD COLUMN folded TEXT;
CREATE INDEX contacts_unfolded ON contacts (id) WHERE folded IS NULL AND name <> '';

-- Who calls back. `number` is a CallSid where the caller showed none.
ALTER TABLE missed_calls ADD COLUMN assigned_to TEXT;

-- When a message was listened to. Older ones count as heard, except where the
-- caller still waits.
ALTER TABLE recordings ADD COLUMN heard_at INTEGER;
ALTER TABLE recordings ADD COLUMN heard_by TEXT;
UPDATE recordings SET heard_at = started_at
WHERE kind = 'voicemail' AND NOT EXISTS (
    SELECT 1 FROM missed_marks AS k JOIN missed_calls AS m
        ON m.number = k.number AND m.closed_at IS NULL AND k.at BETWEEN m.first_at AND m.last_at
    WHERE k.call_sid = recordings.call_sid);
CREATE INDEX recordings_unheard ON recordings (user_id, started_at, call_sid)
    WHERE kind = 'voicemail' AND status = 'completed' AND heard_at IS NULL AND deleted_at IS NULL;
