-- Who may do what, and who did.

-- Users from before there were roles may do what they could.
ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'admin' CHECK (role IN ('admin', 'editor', 'agent'));

-- One row a change that somebody made, written with it. `user_id` is whose
-- thing was changed; NULL: the team's. `about` is its id, or a number.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    author TEXT NOT NULL,
    author_kind TEXT NOT NULL CHECK (author_kind IN ('user', 'os', 'server')),
    user_id TEXT,
    kind TEXT NOT NULL,
    action TEXT NOT NULL,
    about TEXT NOT NULL DEFAULT '',
    detail TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_about ON audit (kind, about);
