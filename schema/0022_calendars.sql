-- How the calendars of oncall.txt are read: one row a rota. `source` is the
-- hash of the address, or of the file's text, that was read last; `months` are
-- those whose turns are kept.
CREATE TABLE calendars (
    name TEXT PRIMARY KEY NOT NULL,
    source TEXT NOT NULL,
    months TEXT NOT NULL DEFAULT '',
    etag TEXT,
    modified TEXT,
    checked_at INTEGER NOT NULL,
    good_at INTEGER NOT NULL,
    problem TEXT
) STRICT;
