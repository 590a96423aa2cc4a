-- What calls cost, by currency: an account's can change, and amounts of two currencies make no sum. Kept as in
-- call_totals, but for no single number.
CREATE TABLE IF NOT EXISTS call_costs (
    user_id TEXT NOT NULL,
    span INTEGER NOT NULL,
    start INTEGER NOT NULL,
    price_unit TEXT NOT NULL,
    millionths INTEGER NOT NULL,
    PRIMARY KEY (user_id, span, start, price_unit)
) STRICT;
-- Sums made before are right unless there were two currencies.
INSERT INTO call_costs
SELECT user_id, span, start, COALESCE(price_unit, ''), millionths FROM call_totals
WHERE phone_number_id = 0 AND millionths <> 0 AND (SELECT COUNT(DISTINCT price_unit) FROM call_totals) < 2;
INSERT INTO call_costs
SELECT user_id, span, start, COALESCE(price_unit, ''), SUM(millionths) FROM call_shares
WHERE phone_number_id = 0 AND millionths <> 0 AND (SELECT COUNT(DISTINCT price_unit) FROM call_totals) > 1
    AND started_at < (SELECT counted_to FROM call_totals_state)
GROUP BY user_id, span, start, COALESCE(price_unit, '');

DROP VIEW call_recounts;
CREATE VIEW call_recounts AS SELECT 0 AS id, 1 AS sign;
CREATE TRIGGER call_totals_recount INSTEAD OF INSERT ON call_recounts
BEGIN
    INSERT INTO call_totals (user_id, phone_number_id, span, start, calls, inbound, outbound, answered, voicemail, missed,
        talk_seconds, unpriced)
    SELECT user_id, phone_number_id, span, start, NEW.sign * calls, NEW.sign * inbound, NEW.sign * outbound,
        NEW.sign * answered, NEW.sign * voicemail, NEW.sign * missed, NEW.sign * talk_seconds, NEW.sign * unpriced
    FROM call_shares WHERE id = NEW.id
    ON CONFLICT (user_id, phone_number_id, span, start) DO UPDATE SET calls = calls + excluded.calls,
        inbound = inbound + excluded.inbound, outbound = outbound + excluded.outbound,
        answered = answered + excluded.answered, voicemail = voicemail + excluded.voicemail,
        missed = missed + excluded.missed, talk_seconds = talk_seconds + excluded.talk_seconds,
        unpriced = unpriced + excluded.unpriced;
    INSERT INTO call_costs
    SELECT user_id, span, start, COALESCE(price_unit, ''), NEW.sign * millionths
    FROM call_shares WHERE id = NEW.id AND phone_number_id = 0 AND millionths <> 0
    ON CONFLICT (user_id, span, start, price_unit) DO UPDATE SET millionths = millionths + excluded.millionths;
END;
ALTER TABLE call_totals DROP COLUMN millionths;
ALTER TABLE call_totals DROP COLUMN price_unit;
