-- The history of the Lua sources: what was live when, and every text once.

-- When which version began to answer. One that comes back has several rows.
CREATE TABLE rule_activations (
    id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL REFERENCES rule_versions (id),
    live_at INTEGER NOT NULL,
    result TEXT NOT NULL DEFAULT 'ok'
) STRICT;
CREATE INDEX rule_activations_version ON rule_activations (version, id);
CREATE INDEX rule_activations_time ON rule_activations (live_at, id);
INSERT INTO rule_activations (version, live_at, result)
SELECT id, live_at, result FROM rule_versions ORDER BY id;

-- Files by the SHA-256 of their text. A version names the texts of its files in
-- `files`, {"forwarding.lua":"..."}; older ones hold them in `sources`.
CREATE TABLE rule_texts (
    hash TEXT PRIMARY KEY NOT NULL,
    text TEXT NOT NULL
) STRICT;
ALTER TABLE rule_versions ADD COLUMN files TEXT;
