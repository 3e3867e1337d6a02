-- Rollouts, and what each terminal has to do with them.
CREATE TABLE rollout (
    number BIGINT PRIMARY KEY,            -- 1 and up
    made_at TEXT NOT NULL,                -- RFC 3339
    why TEXT NOT NULL,                    -- what an admin wrote beside it, may be empty
    zone TEXT NOT NULL,                   -- IANA name, of the maintenance windows
    newcomers BIGINT NOT NULL,            -- 1, terminals that are added later join, 0, they do not
    state TEXT NOT NULL,                  -- JSON of fleet::rollout::Rollout without its members
    over_at TEXT                          -- RFC 3339, it has ended and nothing of it is open, NULL, not yet
);

CREATE TABLE rollout_member (
    rollout BIGINT NOT NULL REFERENCES rollout (number),
    terminal BIGINT NOT NULL,             -- its number
    member TEXT NOT NULL,                 -- JSON of fleet::rollout::Member
    action BIGINT,                        -- the settings_order of its present or last action, NULL, it had none
    opened_at TEXT,                       -- RFC 3339, when that was opened, NULL likewise
    generation BIGINT NOT NULL,           -- of the card that it was opened for, 0 likewise
    PRIMARY KEY (rollout, terminal)
);

CREATE INDEX rollout_member_by_terminal ON rollout_member (terminal, action);
