-- The oldest schema whose programs read and write this file correctly: a terminal that falls back to its former release
-- goes on with what the newer one left.
ALTER TABLE queue ADD COLUMN least_reader INTEGER NOT NULL DEFAULT 4; -- a schema version, as in user_version
