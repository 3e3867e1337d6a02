-- How terminals are: the last report of each, and what was wrong with them.

CREATE TABLE health (
    terminal BIGINT PRIMARY KEY,          -- its number; one that an older backup doesn't know reports too
    received_at TEXT NOT NULL,            -- RFC 3339, by the host's clock
    report TEXT NOT NULL                  -- JSON of wire::health::Report as it came, also what this program doesn't know
);

CREATE TABLE terminal_alarm (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    terminal BIGINT NOT NULL,             -- its number
    fault TEXT NOT NULL,                  -- fleet::Fault
    raised_at TEXT NOT NULL,              -- RFC 3339, by the host's clock
    raised_boot TEXT NOT NULL,            -- the terminal's boot then
    raised_run TEXT,                      -- kiosk's run then; NULL, kiosk was silent
    cleared_at TEXT,                      -- RFC 3339; NULL, it stands
    restarted BIGINT                      -- 1, kiosk or the machine was started anew meanwhile; 0, not; NULL, not known
);

-- A fault is one alarm as long as it lasts.
CREATE UNIQUE INDEX open_terminal_alarm ON terminal_alarm (terminal, fault) WHERE cleared_at IS NULL;

CREATE INDEX terminal_alarm_by_terminal ON terminal_alarm (terminal, number);
