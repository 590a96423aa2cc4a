-- Drafts of the rule file: each text that was put beside it, and what became of
-- it. `text` goes when the draft has ended.
CREATE TABLE rule_drafts (
    id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('on', 'refused', 'off', 'promoted', 'discarded')),
    reason TEXT,
    line INTEGER,
    try_for TEXT NOT NULL DEFAULT '[]',
    gate TEXT,
    author TEXT,
    created_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;

-- Up to which row of the call log a draft has decided calls, and from which on.
CREATE TABLE draft_progress (
    draft INTEGER PRIMARY KEY REFERENCES rule_drafts (id),
    from_id INTEGER NOT NULL,
    seen_id INTEGER NOT NULL
) STRICT;

-- Calls that a draft decides in another way than they were decided.
CREATE TABLE draft_calls (
    draft INTEGER NOT NULL REFERENCES rule_drafts (id),
    call_sid TEXT NOT NULL,
    words TEXT NOT NULL,
    source TEXT NOT NULL,
    rule TEXT,
    line INTEGER,
    PRIMARY KEY (draft, call_sid)
) STRICT;
CREATE INDEX draft_calls_call ON draft_calls (call_sid);
