-- How often a rollout or one of its terminals changed: who watches one asks for this number only.
ALTER TABLE rollout ADD COLUMN revision BIGINT NOT NULL DEFAULT 0; -- rises with each change of its row or its members

CREATE INDEX action_by_artifact ON action (artifact, is_open);
