-- Who saved a version of the rules, with which words, what it was checked with,
-- and what it did to the last real calls.

ALTER TABLE rule_activations ADD COLUMN author TEXT;
ALTER TABLE rule_activations ADD COLUMN author_kind TEXT CHECK (author_kind IN ('user', 'os', 'git'));
ALTER TABLE rule_activations ADD COLUMN note TEXT;
ALTER TABLE rule_activations ADD COLUMN accepted_by TEXT;
ALTER TABLE rule_activations ADD COLUMN checks TEXT;
ALTER TABLE rule_activations ADD COLUMN gate TEXT;

-- What is known of files before they go live, by the hash of all of them: who
-- saves them over the API or by command, and that somebody agreed to what they
-- change. The version that goes live takes it over.
CREATE TABLE rule_intents (
    hash TEXT PRIMARY KEY NOT NULL,
    author TEXT,
    author_kind TEXT,
    note TEXT,
    accepted_by TEXT,
    at INTEGER NOT NULL
) STRICT;
