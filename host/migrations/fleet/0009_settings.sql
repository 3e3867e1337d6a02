-- Settings from afar. A number names the same for ever, of settings and of orders.
CREATE TABLE settings (
    version BIGINT PRIMARY KEY,           -- 1 and up, numbers that a restore may have lost left out
    made_at TEXT NOT NULL,                -- RFC 3339
    made_by TEXT NOT NULL,                -- as the audit calls them
    why TEXT NOT NULL,                    -- what an admin wrote beside them, may be empty
    settings TEXT NOT NULL                -- JSON of wire::settings::Settings
);

-- Orders of settings to terminals. The newest of a terminal that was not withdrawn and is not held back by its rollout
-- counts, a terminal without any has its own settings alone.
CREATE TABLE settings_order (
    number BIGINT PRIMARY KEY,            -- 1 and up, as above
    terminal BIGINT NOT NULL,             -- its number
    version BIGINT NOT NULL REFERENCES settings (version),
    ordered_at TEXT NOT NULL,             -- RFC 3339
    ordered_by TEXT NOT NULL,             -- as the audit calls them
    withdrawn_at TEXT                     -- RFC 3339, NULL where it stands
);

CREATE INDEX settings_order_by_terminal ON settings_order (terminal, number);
