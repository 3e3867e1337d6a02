-- The audit is read by day.

CREATE INDEX audit_at ON audit (at);
CREATE INDEX case_event_at ON case_event (at);
