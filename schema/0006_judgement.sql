-- What a call is judged by (calls/judgement.lua): facts that no table held yet.

-- What the caller came to with the first document, and with the answer to each
-- step: the kind of step (ring, voicemail, menu, consent, hangup, reject, twiml,
-- or "refused: code") and its number in the plan.
ALTER TABLE call_decisions ADD COLUMN entered TEXT;
ALTER TABLE call_decisions ADD COLUMN entered_n INTEGER;
ALTER TABLE call_steps ADD COLUMN entered TEXT;
ALTER TABLE call_steps ADD COLUMN entered_n INTEGER;
-- Twilio's own words on a dial: DialCallStatus, and DialBridged as 1 or 0.
-- Without them the outcome was worked out from what else was known.
ALTER TABLE call_steps ADD COLUMN dial_status TEXT;
ALTER TABLE call_steps ADD COLUMN bridged INTEGER CHECK (bridged IN (0, 1));
-- For which dial somebody pressed 1.
ALTER TABLE call_acceptances ADD COLUMN n INTEGER;
ALTER TABLE call_acceptances ADD COLUMN leg TEXT;
-- Of a phone that is connected without pressing 1: fwd or simulring.
ALTER TABLE twilio_call_logs ADD COLUMN unscreened TEXT;

UPDATE call_decisions SET entered = (
    SELECT CASE c.end_reason WHEN 'rejected' THEN 'reject' ELSE c.end_reason END FROM twilio_call_logs AS c
    WHERE c.call_sid = call_decisions.call_sid
        AND (c.end_reason IN ('rejected', 'hangup') OR c.end_reason LIKE 'refused: %'));
