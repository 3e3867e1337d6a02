-- The fleet's terminals. Rows are never deleted: a number is never given twice.
CREATE TABLE terminal (
    number BIGINT PRIMARY KEY,            -- 0 to 99999
    generation BIGINT NOT NULL,           -- the last that an enrolment file was written with, 1 to 49
    station TEXT NOT NULL,                -- name of the station that it stands in
    place TEXT NOT NULL,                  -- where in or near it; may be empty
    added_at TEXT NOT NULL,               -- RFC 3339
    token_hash BLOB,                      -- SHA-256 of the one-time token; NULL, no file is open
    token_key BLOB,                       -- SHA-256 of the public key that used the token; NULL, not used
    token_used_at TEXT,                   -- RFC 3339; when it was used
    certificate_until TEXT,               -- RFC 3339; the last instant of the newest certificate
    revoked_at TEXT                       -- RFC 3339; NULL, not revoked
);

-- What has no row of its own.
CREATE TABLE fleet_setting (
    name TEXT PRIMARY KEY,                -- number_floor: numbers below it were given before a restore
    value BIGINT NOT NULL
);
