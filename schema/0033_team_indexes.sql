-- What a team reads of everybody at once (data_scope = team); the other indexes begin with the user.
CREATE INDEX contacts_number ON contacts (number);
CREATE INDEX missed_calls_all_open ON missed_calls (last_at, id) WHERE closed_at IS NULL;
CREATE INDEX missed_calls_all_closed ON missed_calls (last_at, id) WHERE closed_at IS NOT NULL;
-- Has whatever the statement names, or SQLite takes recordings_age.
CREATE INDEX recordings_all_unheard ON recordings (started_at, call_sid, kind, status, heard_at, deleted_at)
    WHERE kind = 'voicemail' AND status = 'completed' AND heard_at IS NULL AND deleted_at IS NULL;
