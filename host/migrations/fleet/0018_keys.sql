-- Keys by which programs of the fleet's people ask. A row is never deleted, so that the audit's numbers stay theirs.
CREATE TABLE api_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person TEXT NOT NULL REFERENCES fleet_user (id),
    name TEXT NOT NULL,                   -- what it is for, as its owner calls it
    hash BLOB NOT NULL,                   -- SHA-256 of the key
    made_at TEXT NOT NULL,                -- RFC 3339
    made_by TEXT NOT NULL,                -- as the audit calls them
    used_at TEXT,                         -- RFC 3339, exact to a day, NULL, it was never used
    revoked_at TEXT                       -- RFC 3339, NULL, it is good
);

CREATE INDEX api_key_by_person ON api_key (person, id);
