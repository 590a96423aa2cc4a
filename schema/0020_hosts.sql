-- Several processes on one database: which there are, and which of them does
-- what only one may do. Times are the database's clock.

-- One row a process, as long as it runs.
CREATE TABLE hosts (
    id TEXT PRIMARY KEY,      -- made up at its start
    name TEXT NOT NULL,       -- of the machine, and its port
    version TEXT NOT NULL,    -- of the program
    started_at INTEGER NOT NULL, -- ms
    seen_at INTEGER NOT NULL  -- ms; moves each second
) STRICT;

-- Whoever has the row does the work until then.
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    until INTEGER NOT NULL    -- ms
) STRICT;
