-- Orders of artifacts to terminals, as hawkBit's clients know them. Rows are never deleted.
CREATE TABLE action (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- fits a C int
    terminal BIGINT NOT NULL,             -- its number
    artifact BIGINT NOT NULL REFERENCES artifact (id),
    ordered_at TEXT NOT NULL,             -- RFC 3339
    ordered_by TEXT NOT NULL,             -- as the audit calls them
    state TEXT NOT NULL,                  -- JSON of fleet::actions::State
    is_open BIGINT NOT NULL,              -- 1, the terminal is still to do or to stop something, 0, it is over
    changed_at TEXT NOT NULL              -- RFC 3339, when state was last written or the terminal last told of it
);

-- A terminal does one thing at a time.
CREATE UNIQUE INDEX open_action ON action (terminal) WHERE is_open = 1;

CREATE INDEX action_by_terminal ON action (terminal, id);

CREATE INDEX action_by_change ON action (changed_at);

-- What terminals told of an action, the newest hundred of each.
CREATE TABLE action_feedback (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    action BIGINT NOT NULL REFERENCES action (id),
    received_at TEXT NOT NULL,            -- RFC 3339
    feedback TEXT NOT NULL                -- JSON of wire::ddi::Status, shortened
);

CREATE INDEX action_feedback_by_action ON action_feedback (action, number);

-- What a terminal said of itself by hawkBit's interface.
CREATE TABLE device (
    terminal BIGINT PRIMARY KEY,          -- its number
    attributes TEXT,                      -- JSON, name to value, NULL, it never said any
    auto_confirm TEXT,                    -- JSON of wire::ddi::AutoConfirm, NULL, off
    installed TEXT,                       -- JSON of wire::ddi::AssignedVersion, NULL, it never said
    changed_at TEXT NOT NULL              -- RFC 3339
);

-- Tokens of clients that have no certificate of ours.
CREATE TABLE device_token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    terminal BIGINT,                      -- its number, NULL, a gateway's, which speaks for any without a certificate
    hash BLOB NOT NULL,                   -- SHA-256
    made_at TEXT NOT NULL,                -- RFC 3339
    made_by TEXT NOT NULL,                -- as the audit calls them
    revoked_at TEXT                       -- RFC 3339, NULL, it is good
);

-- What a rollout brings: settings, or an artifact.
ALTER TABLE rollout ADD COLUMN brings TEXT NOT NULL DEFAULT 'settings';
