-- The settings that all hosts must have alike, such as the auth token, as each has them: {"name":"8 hex digits"}.
-- The digits tell that two differ, not what they are (host/store/postgres/bus/roster.c).
ALTER TABLE hosts ADD COLUMN settings TEXT; -- of an older program: NULL
