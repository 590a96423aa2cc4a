-- What lists and statistics of a long call log are read from.

-- The page of a list by direction, status and end reason, each alone or
-- together: a page is merged from the few kinds of calls there are. Calls under
-- way are not in these indexes, so a call that begins costs nothing. (SQLite
-- builds a table for each NOT IN of a row that is written.)
CREATE INDEX twilio_call_logs_kind ON twilio_call_logs
    (COALESCE(user_id, ''), direction, status, COALESCE(end_reason, ''), started_at, id)
    WHERE parent_call_sid IS NULL
        AND status <> 'queued' AND status <> 'initiated' AND status <> 'ringing' AND status <> 'in-progress';
CREATE INDEX twilio_call_logs_to ON twilio_call_logs (user_id, "to", started_at)
    WHERE parent_call_sid IS NULL
        AND status <> 'queued' AND status <> 'initiated' AND status <> 'ringing' AND status <> 'in-progress';
DROP INDEX twilio_call_logs_called;
-- Dialled legs of everyone, for what a team's calls cost.
CREATE INDEX twilio_call_logs_legs ON twilio_call_logs (started_at) WHERE parent_call_sid IS NOT NULL;

CREATE INDEX recordings_kind ON recordings
    (COALESCE(user_id, ''), COALESCE(phone_number_id, 0), kind, status, started_at, id) WHERE deleted_at IS NULL;
DROP INDEX recordings_user;

-- What a row of the call log counts for. The words are those of
-- calls/judgement.lua. A leg costs money and is no call.
CREATE VIEW call_counts AS
SELECT id, user_id, phone_number_id, parent_call_sid, started_at, price_unit,
    CASE WHEN parent_call_sid IS NULL THEN 1 ELSE 0 END AS calls,
    CASE WHEN parent_call_sid IS NULL AND direction = 'inbound' THEN 1 ELSE 0 END AS inbound,
    CASE WHEN parent_call_sid IS NULL AND direction = 'outbound' THEN 1 ELSE 0 END AS outbound,
    CASE WHEN parent_call_sid IS NULL AND end_reason IN ('answered', 'forwarded') THEN 1 ELSE 0 END AS answered,
    CASE WHEN parent_call_sid IS NULL AND end_reason IN ('voicemail') THEN 1 ELSE 0 END AS voicemail,
    CASE WHEN parent_call_sid IS NULL AND direction = 'inbound' AND (ended_at IS NOT NULL OR end_reason IS NOT NULL)
        AND COALESCE(end_reason, '') NOT IN ('answered', 'forwarded', 'voicemail', 'blocked', 'rejected')
        AND COALESCE(end_reason, '') NOT LIKE 'refused: %' THEN 1 ELSE 0 END AS missed,
    CASE WHEN parent_call_sid IS NULL AND end_reason IN ('answered', 'forwarded') THEN COALESCE(duration, 0)
        ELSE 0 END AS talk_seconds,
    CASE WHEN ended_at IS NOT NULL AND price IS NOT NULL
        THEN CAST(ROUND(CAST(price AS REAL) * 1000000) AS INTEGER) ELSE 0 END AS millionths,
    CASE WHEN ended_at IS NOT NULL AND price IS NULL AND status = 'completed' THEN 1 ELSE 0 END AS unpriced
FROM twilio_call_logs;

-- The same, summed up over a span of so many milliseconds: of a user ('':
-- everyone) over a quarter of an hour and an hour, of one of the user's numbers
-- (0: all) over an hour and a day of UTC.
CREATE TABLE call_totals (
    user_id TEXT NOT NULL,
    phone_number_id INTEGER NOT NULL,
    span INTEGER NOT NULL,
    start INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    inbound INTEGER NOT NULL,
    outbound INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    voicemail INTEGER NOT NULL,
    missed INTEGER NOT NULL,
    talk_seconds INTEGER NOT NULL,
    millionths INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    price_unit TEXT,
    PRIMARY KEY (user_id, phone_number_id, span, start)
) STRICT;

-- Rows that began before counted_to are in the totals, later ones not yet: what
-- happens to a call under way costs nothing. Maintenance moves it on.
CREATE TABLE call_totals_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    counted_to INTEGER NOT NULL
) STRICT;
-- postgresql: EXTRACT(EPOCH FROM NOW()) for strftime
INSERT INTO call_totals_state (id, counted_to)
    SELECT 1, (CAST(strftime('%s', 'now') AS INTEGER) / 900 - 2) * 900000;

-- Calls that began before counted_to and were under way then: what filters have
-- to look at beside the indexes. Those that have ended since go sooner or later.
CREATE TABLE call_stragglers (
    id INTEGER PRIMARY KEY
) STRICT;
INSERT INTO call_stragglers (id)
    SELECT id FROM twilio_call_logs WHERE parent_call_sid IS NULL
        AND status IN ('queued', 'initiated', 'ringing', 'in-progress')
        AND started_at < (SELECT counted_to FROM call_totals_state);

-- Where a row counts.
CREATE TABLE call_levels (
    whose TEXT NOT NULL,
    span INTEGER NOT NULL,
    PRIMARY KEY (whose, span)
) STRICT;
INSERT INTO call_levels (whose, span) VALUES ('number', 3600000), ('number', 86400000), ('user', 900000),
    ('user', 3600000), ('everyone', 900000), ('everyone', 3600000);
CREATE VIEW call_shares AS
SELECT k.id, k.parent_call_sid, k.started_at, CASE l.whose WHEN 'everyone' THEN '' ELSE k.user_id END AS user_id,
    CASE l.whose WHEN 'number' THEN k.phone_number_id ELSE 0 END AS phone_number_id, l.span,
    k.started_at / l.span * l.span AS start, k.calls, k.inbound, k.outbound, k.answered, k.voicemail, k.missed,
    k.talk_seconds, k.millionths, k.unpriced, k.price_unit
FROM call_counts AS k, call_levels AS l
WHERE (l.whose = 'everyone' OR k.user_id IS NOT NULL) AND (l.whose <> 'number' OR k.phone_number_id IS NOT NULL);

INSERT INTO call_totals
SELECT user_id, phone_number_id, span, start, SUM(calls), SUM(inbound), SUM(outbound), SUM(answered),
    SUM(voicemail), SUM(missed), SUM(talk_seconds), SUM(millionths), SUM(unpriced), MAX(price_unit)
FROM call_shares WHERE started_at < (SELECT counted_to FROM call_totals_state)
GROUP BY user_id, phone_number_id, span, start;

-- A counted row that changes is taken out as it was (-1) and put in as it is.
CREATE VIEW call_recounts AS SELECT 0 AS id, 1 AS sign;
CREATE TRIGGER call_totals_recount INSTEAD OF INSERT ON call_recounts
BEGIN
    INSERT INTO call_totals
    SELECT user_id, phone_number_id, span, start, NEW.sign * calls, NEW.sign * inbound, NEW.sign * outbound,
        NEW.sign * answered, NEW.sign * voicemail, NEW.sign * missed, NEW.sign * talk_seconds,
        NEW.sign * millionths, NEW.sign * unpriced, price_unit
    FROM call_shares WHERE id = NEW.id
    ON CONFLICT (user_id, phone_number_id, span, start) DO UPDATE SET calls = calls + excluded.calls,
        inbound = inbound + excluded.inbound, outbound = outbound + excluded.outbound,
        answered = answered + excluded.answered, voicemail = voicemail + excluded.voicemail,
        missed = missed + excluded.missed, talk_seconds = talk_seconds + excluded.talk_seconds,
        millionths = millionths + excluded.millionths, unpriced = unpriced + excluded.unpriced,
        price_unit = COALESCE(excluded.price_unit, price_unit);
END;
CREATE TRIGGER call_totals_insert AFTER INSERT ON twilio_call_logs
WHEN NEW.started_at < (SELECT counted_to FROM call_totals_state)
BEGIN
    INSERT INTO call_recounts (id, sign) VALUES (NEW.id, 1);
    INSERT INTO call_stragglers (id) SELECT NEW.id WHERE NEW.parent_call_sid IS NULL
        AND NEW.status IN ('queued', 'initiated', 'ringing', 'in-progress') ON CONFLICT (id) DO NOTHING;
END;
CREATE TRIGGER call_totals_before BEFORE UPDATE OF parent_call_sid, user_id, phone_number_id, direction, status,
    started_at, ended_at, duration, price, price_unit, end_reason ON twilio_call_logs
WHEN OLD.started_at < (SELECT counted_to FROM call_totals_state)
BEGIN
    INSERT INTO call_recounts (id, sign) VALUES (OLD.id, -1);
END;
CREATE TRIGGER call_totals_after AFTER UPDATE OF parent_call_sid, user_id, phone_number_id, direction, status,
    started_at, ended_at, duration, price, price_unit, end_reason ON twilio_call_logs
WHEN NEW.started_at < (SELECT counted_to FROM call_totals_state)
BEGIN
    INSERT INTO call_recounts (id, sign) VALUES (NEW.id, 1);
    INSERT INTO call_stragglers (id) SELECT NEW.id WHERE NEW.parent_call_sid IS NULL
        AND NEW.status IN ('queued', 'initiated', 'ringing', 'in-progress') ON CONFLICT (id) DO NOTHING;
END;
CREATE TRIGGER call_totals_delete BEFORE DELETE ON twilio_call_logs
WHEN OLD.started_at < (SELECT counted_to FROM call_totals_state)
BEGIN
    INSERT INTO call_recounts (id, sign) VALUES (OLD.id, -1);
END;
