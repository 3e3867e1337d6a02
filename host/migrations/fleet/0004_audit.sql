-- Who changed what in the fleet. Lines are only ever added, and each holds the hash of the one before it.

CREATE TABLE fleet_audit (
    number BIGINT PRIMARY KEY,            -- 1, 2, 3 and so on, without a gap
    at TEXT NOT NULL,                     -- RFC 3339, by the host's clock
    who TEXT NOT NULL,                    -- uid:NUMBER of the machine, terminal:NUMBER, host
    what TEXT NOT NULL,                   -- terminal.add, terminal.revoke and so on
    subject TEXT NOT NULL,                -- what it was done to: terminal:NUMBER, fleet
    hash BLOB NOT NULL                    -- SHA-256; fleet::audit says of what
);
