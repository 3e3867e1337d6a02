-- What is told of alarms, who sees to them, and of whom nothing is to be told.

ALTER TABLE terminal_alarm ADD COLUMN told_at BIGINT;       -- outbox.made of the last message with it; NULL, not told
ALTER TABLE terminal_alarm ADD COLUMN over_told_at BIGINT;  -- outbox.made of the message that it is over; NULL, not told
ALTER TABLE terminal_alarm ADD COLUMN taken_by TEXT;        -- who sees to it, as the audit calls them; NULL, nobody
ALTER TABLE terminal_alarm ADD COLUMN taken_at TEXT;        -- RFC 3339; since when

CREATE INDEX terminal_alarm_by_cleared ON terminal_alarm (cleared_at);

CREATE TABLE quiet (
    whom TEXT PRIMARY KEY,                -- terminal:NUMBER or station:NAME
    until_at TEXT NOT NULL,               -- RFC 3339; nothing is told of it before
    who TEXT NOT NULL,                    -- as the audit calls them
    why TEXT NOT NULL                     -- in their words
);

CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, -- in order
    made BIGINT NOT NULL,                 -- when; milliseconds since 1970 UTC, as those below
    person TEXT,                          -- always NULL: the fleet has one address
    body TEXT NOT NULL,                   -- JSON of stations, terminals and faults
    tries BIGINT NOT NULL,                -- so far
    next BIGINT NOT NULL,                 -- when to try
    done BIGINT                           -- when it was delivered or given up
);

CREATE INDEX outbox_waiting ON outbox (next) WHERE done IS NULL;
CREATE INDEX outbox_by_made ON outbox (made);
