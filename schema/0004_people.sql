-- Callers to get back to, and texts to them.

-- A missed caller stays open until somebody has talked to that number, or puts
-- it aside. Worked out from the call log (models.missed), so that the order in
-- which reports arrive does not matter; a closed row is history.
CREATE TABLE missed_calls (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    number TEXT NOT NULL,
    phone_number_id INTEGER REFERENCES user_phone_numbers (id),
    calls INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    last_call_sid TEXT NOT NULL,
    settled_to INTEGER, -- covers calls that began until then
    closed_at INTEGER,
    closed_by TEXT CHECK (closed_by IN ('talked', 'dismissed')),
    closed_call_sid TEXT
) STRICT;
CREATE INDEX missed_calls_number ON missed_calls (number, user_id, last_at);
CREATE INDEX missed_calls_user ON missed_calls (user_id, last_at, id);
CREATE INDEX missed_calls_open ON missed_calls (user_id, last_at, id) WHERE closed_at IS NULL;

-- Calls that ended, or ended otherwise than was thought, since the rows above
-- were worked out. Written with the report itself.
CREATE TABLE missed_pending (
    call_sid TEXT PRIMARY KEY NOT NULL
) STRICT;

-- "No need to call back": covers the calls until up_to.
CREATE TABLE missed_dismissals (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    number TEXT NOT NULL,
    up_to INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX missed_dismissals_number ON missed_dismissals (number, user_id);

-- Talks after which somebody said: not done yet.
CREATE TABLE missed_reopened (
    call_sid TEXT PRIMARY KEY NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- Who was called back.
CREATE INDEX twilio_call_logs_called ON twilio_call_logs ("to", started_at)
    WHERE parent_call_sid IS NULL AND direction = 'outbound';
-- Dials to people, for the leak report; texts that are to be sent.
CREATE INDEX call_steps_dials ON call_steps (at) WHERE leg IN ('fwd', 'simulring');
CREATE INDEX call_steps_texts ON call_steps (at) WHERE leg = 'text';

-- The stand-in for Twilio takes text messages, too.
CREATE TABLE sandbox_resources_new (
    id INTEGER PRIMARY KEY,
    sid TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('number', 'application', 'call', 'recording', 'message')),
    name TEXT NOT NULL DEFAULT '',
    data TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
INSERT INTO sandbox_resources_new (id, sid, kind, name, data, created_at, updated_at)
    SELECT id, sid, kind, name, data, created_at, updated_at FROM sandbox_resources;
DROP TABLE sandbox_resources;
ALTER TABLE sandbox_resources_new RENAME TO sandbox_resources;
CREATE INDEX sandbox_resources_kind ON sandbox_resources (kind, id);
CREATE INDEX sandbox_resources_name ON sandbox_resources (kind, name);
