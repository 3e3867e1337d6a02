-- What was asked of terminals from afar, and what came of it.
CREATE TABLE diagnostic (
    number BIGINT PRIMARY KEY,            -- 1 and up, numbers that a restore may have lost left out
    terminal BIGINT NOT NULL,             -- its number
    what TEXT NOT NULL,                   -- word of wire::diagnostics::Diagnostic
    asked_at TEXT NOT NULL,               -- RFC 3339
    asked_by TEXT NOT NULL,               -- as the audit calls them
    until_at TEXT NOT NULL,               -- RFC 3339, after this nobody wants it any more
    fetched_at TEXT,                      -- RFC 3339, when the terminal first had it, NULL where it has not
    cancelled_at TEXT,                    -- RFC 3339, NULL where nobody took it back
    ended_at TEXT,                        -- RFC 3339, when the terminal said what came of it, NULL where it has not
    came TEXT,                            -- word of wire::diagnostics::Came, NULL where it has not ended
    why TEXT,                             -- what the terminal says of what was not done
    log TEXT,                             -- lines of a log, NULL where there are none or they were forgotten
    picture TEXT                          -- PNG, base64, likewise
);

CREATE INDEX diagnostic_by_terminal ON diagnostic (terminal, number);
