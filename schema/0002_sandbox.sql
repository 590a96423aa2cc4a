-- What the sandbox's stand-in for Twilio remembers. Empty on a real account.

-- Its resources: numbers, applications, calls and recordings, each as JSON.
CREATE TABLE sandbox_resources (
    id INTEGER PRIMARY KEY,
    sid TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('number', 'application', 'call', 'recording')),
    name TEXT NOT NULL DEFAULT '',
    data TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sandbox_resources_kind ON sandbox_resources (kind, id);
CREATE INDEX sandbox_resources_name ON sandbox_resources (kind, name);

-- Faults that the next requests meet, each so many times.
CREATE TABLE sandbox_faults (
    id INTEGER PRIMARY KEY,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    remaining INTEGER NOT NULL,
    data TEXT NOT NULL
) STRICT;

-- What was asked of it, the newest thousand.
CREATE TABLE sandbox_requests (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    method TEXT NOT NULL,
    target TEXT NOT NULL,
    body TEXT NOT NULL,
    content_type TEXT NOT NULL,
    status INTEGER NOT NULL
) STRICT;
