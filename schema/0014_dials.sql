-- Forwarded calls that were picked up, summed up over days of UTC: what the leak
-- report is read from.

-- Days that are summed up (ready) or being so.
CREATE TABLE dial_days (
    day INTEGER PRIMARY KEY,
    ready INTEGER NOT NULL DEFAULT 0 CHECK (ready IN (0, 1))
) STRICT;

-- talk: seconds, 120 for longer ones and for those that no mailbox took, -1
-- where the phone picked up and nobody pressed a key.
CREATE TABLE dial_totals (
    user_id TEXT NOT NULL,
    day INTEGER NOT NULL,
    target TEXT NOT NULL,
    talk INTEGER NOT NULL,
    declined INTEGER NOT NULL,
    dials INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, day, target, talk, declined)
) STRICT;
CREATE INDEX dial_totals_day ON dial_totals (day);

-- A dial of such a day that comes late, changes or goes: the day is summed up again.
CREATE TRIGGER dial_totals_insert AFTER INSERT ON call_steps
WHEN NEW.leg IN ('fwd', 'simulring') AND EXISTS (SELECT 1 FROM dial_days WHERE day = NEW.at / 86400000 * 86400000)
BEGIN
    DELETE FROM dial_days WHERE day = NEW.at / 86400000 * 86400000;
    DELETE FROM dial_totals WHERE day = NEW.at / 86400000 * 86400000;
END;
CREATE TRIGGER dial_totals_update AFTER UPDATE ON call_steps
WHEN NEW.leg IN ('fwd', 'simulring') AND EXISTS (SELECT 1 FROM dial_days WHERE day = NEW.at / 86400000 * 86400000)
BEGIN
    DELETE FROM dial_days WHERE day = NEW.at / 86400000 * 86400000;
    DELETE FROM dial_totals WHERE day = NEW.at / 86400000 * 86400000;
END;
CREATE TRIGGER dial_totals_delete AFTER DELETE ON call_steps
WHEN OLD.leg IN ('fwd', 'simulring') AND EXISTS (SELECT 1 FROM dial_days WHERE day = OLD.at / 86400000 * 86400000)
BEGIN
    DELETE FROM dial_days WHERE day = OLD.at / 86400000 * 86400000;
    DELETE FROM dial_totals WHERE day = OLD.at / 86400000 * 86400000;
END;
