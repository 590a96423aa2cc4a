-- Callers to get back to are counted without those who are blocked; recordings
-- are listed newest first.
CREATE INDEX contacts_blocked ON contacts (user_id, number) WHERE blocked = 1;
CREATE INDEX recordings_user ON recordings (user_id, started_at, id) WHERE deleted_at IS NULL;
