-- Calls in the order of time, whoever they belong to: a replay reads them so,
-- and a team's call log, too.
CREATE INDEX twilio_call_logs_started ON twilio_call_logs (started_at, id) WHERE parent_call_sid IS NULL;
