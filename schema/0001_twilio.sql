-- The tables of the Twilio integration and what the call engine needs.
--
-- Times are integer milliseconds since 1970 UTC, switches are 0 or 1, JSON is
-- TEXT checked by the program. Users are named by the host application's id, a
-- text. Only what PostgreSQL also accepts, but for STRICT and the numbering of
-- INTEGER PRIMARY KEY.

-- Purchased phone numbers. A released number keeps its row: logs outlive it.
CREATE TABLE user_phone_numbers (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    phone_number TEXT NOT NULL,
    twilio_sid TEXT UNIQUE,
    friendly_name TEXT NOT NULL DEFAULT '',
    country TEXT NOT NULL DEFAULT 'US',
    area_code TEXT,
    number_type TEXT NOT NULL DEFAULT 'local',
    capabilities TEXT NOT NULL DEFAULT '{"voice":true}',
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    timezone TEXT,
    voicemail_greeting TEXT,
    recording TEXT NOT NULL DEFAULT 'off' CHECK (recording IN ('off', 'on', 'ask')),
    recording_announcement TEXT,
    monthly_price TEXT,
    purchased_at INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL DEFAULT 0,
    released_at INTEGER
) STRICT;
CREATE UNIQUE INDEX user_phone_numbers_owned ON user_phone_numbers (phone_number) WHERE released_at IS NULL;
CREATE INDEX user_phone_numbers_user ON user_phone_numbers (user_id, id);

-- Purchases, each written before Twilio is asked: whatever happens to the
-- answer, the row says what may have been bought. A user has one at a time.
CREATE TABLE number_purchases (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    idempotency_key TEXT,
    request TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'bought', 'failed')),
    phone_number TEXT,
    phone_number_id INTEGER REFERENCES user_phone_numbers (id),
    error_code TEXT,
    error_message TEXT,
    created_at INTEGER NOT NULL,
    busy_until INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX number_purchases_pending ON number_purchases (user_id) WHERE state = 'pending';
CREATE UNIQUE INDEX number_purchases_number ON number_purchases (phone_number) WHERE state = 'pending';
CREATE UNIQUE INDEX number_purchases_key ON number_purchases (user_id, idempotency_key) WHERE state <> 'failed';
CREATE INDEX number_purchases_day ON number_purchases (user_id, created_at);

-- Console settings: one active rule of each type for a number.
CREATE TABLE call_forwarding (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    phone_number_id INTEGER NOT NULL REFERENCES user_phone_numbers (id),
    forward_to_number TEXT NOT NULL,
    forwarding_type TEXT NOT NULL DEFAULT 'always' CHECK (forwarding_type IN ('always', 'busy', 'no_answer')),
    ring_timeout INTEGER NOT NULL DEFAULT 20 CHECK (ring_timeout BETWEEN 5 AND 600),
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    created_at INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX call_forwarding_active ON call_forwarding (phone_number_id, forwarding_type) WHERE is_active = 1;
CREATE INDEX call_forwarding_user ON call_forwarding (user_id, id);

-- Every leg of every call; the calls people see are the rows without a parent.
CREATE TABLE twilio_call_logs (
    id INTEGER PRIMARY KEY,
    call_sid TEXT NOT NULL UNIQUE,
    parent_call_sid TEXT,
    user_id TEXT,
    phone_number_id INTEGER REFERENCES user_phone_numbers (id),
    direction TEXT NOT NULL DEFAULT 'inbound',
    "from" TEXT NOT NULL DEFAULT '',
    "to" TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL,
    status_rank INTEGER NOT NULL DEFAULT 0,
    sequence_number INTEGER NOT NULL DEFAULT -1,
    started_at INTEGER NOT NULL,
    answered_at INTEGER,
    ended_at INTEGER,
    duration INTEGER,
    price TEXT,
    price_unit TEXT,
    recording_sid TEXT,
    recording_url TEXT,
    recording_duration INTEGER,
    price_checked_at INTEGER,
    answered_by TEXT,
    end_reason TEXT,
    error_code TEXT,
    rule_version INTEGER,
    updated_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX twilio_call_logs_user ON twilio_call_logs (user_id, started_at, id) WHERE parent_call_sid IS NULL;
CREATE INDEX twilio_call_logs_from ON twilio_call_logs (user_id, "from") WHERE parent_call_sid IS NULL;
CREATE INDEX twilio_call_logs_parent ON twilio_call_logs (parent_call_sid) WHERE parent_call_sid IS NOT NULL;
CREATE INDEX twilio_call_logs_dialled ON twilio_call_logs (user_id, started_at) WHERE parent_call_sid IS NOT NULL;
-- Calls that cost something and whose price Twilio has not told yet.
CREATE INDEX twilio_call_logs_unpriced ON twilio_call_logs (ended_at) WHERE price IS NULL AND status = 'completed';

-- Why a call went where it went: the plan, what it was chosen from, and by
-- which rule. Later steps of the call read the plan here.
CREATE TABLE call_decisions (
    call_sid TEXT PRIMARY KEY NOT NULL,
    decided_at INTEGER NOT NULL,
    source TEXT NOT NULL,
    rule TEXT,
    rule_line INTEGER,
    rule_version INTEGER,
    error TEXT,
    plan TEXT NOT NULL,
    inputs TEXT NOT NULL,
    reads TEXT NOT NULL DEFAULT '{}'
) STRICT;

-- The outcome of each step of a plan. The first report stands, so a repeated
-- webhook gets the answer of the first.
CREATE TABLE call_steps (
    call_sid TEXT NOT NULL,
    n INTEGER NOT NULL,
    leg TEXT NOT NULL,
    outcome TEXT NOT NULL,
    target TEXT,
    dial_call_sid TEXT,
    dial_duration INTEGER,
    detail TEXT,
    answer TEXT,
    at INTEGER NOT NULL,
    PRIMARY KEY (call_sid, n, leg)
) STRICT;

-- Somebody pressed 1: proof that a person, not a mailbox, took the call.
CREATE TABLE call_acceptances (
    child_call_sid TEXT PRIMARY KEY NOT NULL,
    parent_call_sid TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX call_acceptances_parent ON call_acceptances (parent_call_sid);

CREATE TABLE recordings (
    id INTEGER PRIMARY KEY,
    recording_sid TEXT NOT NULL UNIQUE,
    call_sid TEXT NOT NULL,
    user_id TEXT,
    phone_number_id INTEGER REFERENCES user_phone_numbers (id),
    kind TEXT NOT NULL DEFAULT 'call' CHECK (kind IN ('call', 'voicemail')),
    status TEXT NOT NULL,
    status_rank INTEGER NOT NULL DEFAULT 0,
    duration INTEGER,
    channels INTEGER,
    source TEXT,
    error_code TEXT,
    transcript TEXT,
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL DEFAULT 0,
    deleted_at INTEGER
) STRICT;
CREATE INDEX recordings_call ON recordings (call_sid);
CREATE INDEX recordings_user ON recordings (user_id, started_at, id);
CREATE INDEX recordings_age ON recordings (started_at, id) WHERE deleted_at IS NULL;
CREATE INDEX twilio_call_logs_recording ON twilio_call_logs (recording_sid) WHERE recording_sid IS NOT NULL;

CREATE TABLE contacts (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    number TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '[]',
    blocked INTEGER NOT NULL DEFAULT 0 CHECK (blocked IN (0, 1)),
    created_at INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL DEFAULT 0,
    UNIQUE (user_id, number)
) STRICT;

-- "All calls to X until 15:00": ends by itself.
CREATE TABLE overrides (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    phone_number_id INTEGER REFERENCES user_phone_numbers (id),
    forward_to_number TEXT NOT NULL,
    ring_timeout INTEGER NOT NULL DEFAULT 25,
    note TEXT NOT NULL DEFAULT '',
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX overrides_user ON overrides (user_id, ends_at);

-- Which browsers are registered; a heartbeat older than a minute is offline.
CREATE TABLE presence (
    user_id TEXT NOT NULL,
    device TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, device)
) STRICT;

-- Local accounts, for teams without a host application.
CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    password TEXT,
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    created_at INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Logins that have not ended: a session token is good while its row is here.
CREATE TABLE logins (
    id TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX logins_user ON logins (user_id);

-- Every set of Lua sources that was ever live, by content.
CREATE TABLE rule_versions (
    id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    live_at INTEGER NOT NULL,
    result TEXT NOT NULL DEFAULT 'ok',
    sources TEXT NOT NULL DEFAULT '{}'
) STRICT;

-- Things somebody should look at; one row a cause, not one a call. Without a
-- user they concern everybody.
CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    count INTEGER NOT NULL DEFAULT 1,
    closed_at INTEGER,
    UNIQUE (user_id, kind, subject)
) STRICT;
