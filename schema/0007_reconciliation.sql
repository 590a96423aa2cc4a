-- Twilio's record is the truth: what of it our own does not show is looked up.

-- Calls to be looked up, since a report of theirs may be lost.
CREATE TABLE call_checks (
    call_sid TEXT PRIMARY KEY NOT NULL,
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    -- A report could not be stored, so what else is known says nothing.
    is_certain INTEGER NOT NULL DEFAULT 0 CHECK (is_certain IN (0, 1)),
    -- The call went on when it was looked at last.
    was_open INTEGER NOT NULL DEFAULT 0 CHECK (was_open IN (0, 1))
) STRICT;
CREATE INDEX call_checks_due ON call_checks (due_at);

-- What was learned that way, for a call's trace and for doctor.
CREATE TABLE call_repairs (
    id INTEGER PRIMARY KEY,
    call_sid TEXT NOT NULL,
    about TEXT NOT NULL CHECK (about IN ('call', 'leg', 'recording')),
    sid TEXT NOT NULL,
    status TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (call_sid, sid, status)
) STRICT;
CREATE INDEX call_repairs_at ON call_repairs (at);

-- How far maintenance has come: rows of the call log up to seen_id were looked
-- at, and calls were heard of without a gap until heard_to.
CREATE TABLE reconciliation (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seen_id INTEGER NOT NULL,
    heard_to INTEGER
) STRICT;
INSERT INTO reconciliation (id, seen_id) SELECT 1, COALESCE(MAX(id), 0) FROM twilio_call_logs;
INSERT INTO call_checks (call_sid, due_at)
    SELECT call_sid, 0 FROM twilio_call_logs WHERE parent_call_sid IS NULL AND ended_at IS NULL;
