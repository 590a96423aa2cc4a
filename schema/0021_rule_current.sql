-- The rules that are live on all hosts of this database, in one row. `files`
-- names the texts of a team's own files as rule_versions does, `hash` is that of
-- `files`; `seq` moves with each change, so of two hosts that publish at once
-- one wins. A file with one host has no row.
CREATE TABLE rule_current (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    files TEXT NOT NULL,
    by_host TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
