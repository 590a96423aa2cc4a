-- The totals of half hours: days in zones that are half an hour off, such as India's.
INSERT INTO call_levels (whose, span) VALUES ('user', 1800000), ('everyone', 1800000);
INSERT INTO call_totals
SELECT user_id, phone_number_id, 1800000, start / 1800000 * 1800000, SUM(calls), SUM(inbound), SUM(outbound),
    SUM(answered), SUM(voicemail), SUM(missed), SUM(talk_seconds), SUM(millionths), SUM(unpriced), MAX(price_unit)
FROM call_totals WHERE span = 900000 GROUP BY user_id, phone_number_id, start / 1800000;
