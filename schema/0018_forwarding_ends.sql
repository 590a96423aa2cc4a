-- Forwarding settings that end by themselves: the first moment at which one
-- doesn't apply any more, a whole second; NULL: it stays until somebody switches
-- it off.
ALTER TABLE call_forwarding ADD COLUMN ends_at INTEGER;
