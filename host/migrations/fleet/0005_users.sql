-- Who signs in to the fleet's console. Rows are never deleted: a login is given once, so that the audit names one person.

CREATE TABLE fleet_user (
    id TEXT PRIMARY KEY,                  -- UUID
    login TEXT NOT NULL UNIQUE,           -- what they type
    name TEXT NOT NULL,                   -- as people call them
    role TEXT NOT NULL,                   -- viewer, operator, approver, admin
    scope TEXT,                           -- beginnings of the names of their stations, one a line; NULL, the whole fleet
    password TEXT NOT NULL,               -- argon2id, PHC string
    totp BLOB,                            -- secret of their codes, sealed; NULL, they need none
    totp_pending BLOB,                    -- a secret that no code was shown for yet, sealed
    totp_step BIGINT NOT NULL,            -- the last step of 30 s whose code was taken; 0, none
    added_at TEXT NOT NULL,               -- RFC 3339
    removed_at TEXT                       -- RFC 3339; NULL, they may sign in
);

-- The same as at the county: account::Door works on both.
CREATE TABLE session (
    token BLOB PRIMARY KEY,               -- SHA-256 of the cookie's value
    person TEXT NOT NULL REFERENCES fleet_user (id),
    csrf TEXT NOT NULL,                   -- stands in every form
    made BIGINT NOT NULL,                 -- milliseconds since 1970 UTC
    seen BIGINT NOT NULL                  -- last use, the same
);
CREATE INDEX session_by_person ON session (person);

CREATE TABLE guess (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,                   -- milliseconds since 1970 UTC
    subject TEXT NOT NULL,                -- what was guessed: login:…, password:…, totp:…
    asker TEXT NOT NULL                   -- who guessed: address:HMAC, user:LOGIN
);
CREATE INDEX guess_by_subject ON guess (subject, at);
CREATE INDEX guess_by_asker ON guess (asker, at);
