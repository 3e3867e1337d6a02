-- Retention is counted by the queue's own age, which no jump of a clock changes.
-- Milliseconds that the queue was certainly kept: all that it was in use, and at most a day for each time it was not.
ALTER TABLE queue ADD COLUMN age INTEGER NOT NULL DEFAULT 0;
-- Milliseconds of UTC when that was last counted; NULL where the day was not known.
ALTER TABLE queue ADD COLUMN aged INTEGER;
-- The age at which the acknowledgement was first seen to; NULL until then.
ALTER TABLE forward ADD COLUMN acknowledged_age INTEGER;
-- The age at which the county's answer was first seen to; NULL until then.
ALTER TABLE view ADD COLUMN received_age INTEGER;
