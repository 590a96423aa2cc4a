-- Settings for all numbers, and people who are away.

-- A forwarding setting without a number is one of all numbers of its user.
CREATE TABLE call_forwarding_new (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    phone_number_id INTEGER REFERENCES user_phone_numbers (id),
    forward_to_number TEXT NOT NULL,
    forwarding_type TEXT NOT NULL DEFAULT 'always' CHECK (forwarding_type IN ('always', 'busy', 'no_answer')),
    ring_timeout INTEGER NOT NULL DEFAULT 20 CHECK (ring_timeout BETWEEN 5 AND 600),
    is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
    created_at INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL DEFAULT 0,
    ends_at INTEGER
) STRICT;
INSERT INTO call_forwarding_new (id, user_id, phone_number_id, forward_to_number, forwarding_type, ring_timeout,
    is_active, created_at, updated_at, ends_at)
    SELECT id, user_id, phone_number_id, forward_to_number, forwarding_type, ring_timeout,
        is_active, created_at, updated_at, ends_at FROM call_forwarding;
DROP TABLE call_forwarding;
ALTER TABLE call_forwarding_new RENAME TO call_forwarding;
CREATE UNIQUE INDEX call_forwarding_active ON call_forwarding (phone_number_id, forwarding_type) WHERE is_active = 1;
CREATE UNIQUE INDEX call_forwarding_for_all ON call_forwarding (user_id, forwarding_type)
    WHERE is_active = 1 AND phone_number_id IS NULL;
CREATE INDEX call_forwarding_user ON call_forwarding (user_id, id);

-- Who isn't rung until when; a row that has ended says nothing.
CREATE TABLE away (
    user_id TEXT PRIMARY KEY NOT NULL,
    ends_at INTEGER NOT NULL, -- ms, a whole second
    updated_at INTEGER NOT NULL
) STRICT;
