-- Which release of the program a version ran under: the hash of its embedded
-- Lua. Its Lua files as a whole fit that release only.

ALTER TABLE rule_versions ADD COLUMN program TEXT;
