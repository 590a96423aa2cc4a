-- What a host says of itself each second, beside being alive. Those of an older
-- program say nothing.
ALTER TABLE hosts ADD COLUMN rules INTEGER;        -- the version that answers calls there
ALTER TABLE hosts ADD COLUMN rules_seq INTEGER;    -- the change of rule_current that it follows, 0: none
ALTER TABLE hosts ADD COLUMN rules_problem TEXT;   -- why newer rules aren't live there, or ''
ALTER TABLE hosts ADD COLUMN clock_ms INTEGER;     -- its clock, ahead of the database's
