-- What terminals can be given. Rows are never deleted: a name and version mean the same bytes for ever.

CREATE TABLE artifact (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    version TEXT NOT NULL,                -- ordered as deb-version(7) orders them
    kind TEXT NOT NULL,                   -- file, rauc-bundle
    state TEXT NOT NULL,                  -- draft, released, withdrawn
    size BIGINT NOT NULL,                 -- bytes
    sha256 BLOB NOT NULL,                 -- also where its bytes lie
    sha1 BLOB NOT NULL,                   -- asked for by hawkBit's clients, as the next
    md5 BLOB NOT NULL,
    added_by TEXT NOT NULL,               -- as the audit calls them
    added_at TEXT NOT NULL,               -- RFC 3339
    UNIQUE (name, version)
);
