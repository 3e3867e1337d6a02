-- The queue as a whole; one row.
CREATE TABLE queue (
  id       INTEGER PRIMARY KEY CHECK (id = 1), -- always 1
  terminal TEXT NOT NULL,                      -- five digits of the terminal that the numbers are given for
  generation INTEGER NOT NULL CHECK (generation BETWEEN 0 AND 99), -- generation of the numbers being given
  counter  INTEGER NOT NULL CHECK (counter BETWEEN 0 AND 9999),    -- counter of the last number given
  seq      INTEGER NOT NULL,                   -- sequence of the last event; rises over all boots
  ledger   BLOB CHECK (length(ledger) = 16),   -- ledger id that the host last answered with; NULL before the first answer
  cursor   INTEGER NOT NULL DEFAULT 0,         -- what to ask for views behind
  tended   INTEGER NOT NULL DEFAULT 0          -- rises with each emptying of the write-ahead log
) STRICT;

-- Events, each written once and never changed.
CREATE TABLE event (
  seq    INTEGER PRIMARY KEY,                   -- order within the terminal, as in the header
  id     BLOB NOT NULL UNIQUE CHECK (length(id) = 16), -- UUIDv7, as in the header
  ticket TEXT NOT NULL,                         -- 13 digits; ratings may name another terminal's ticket
  kind   TEXT NOT NULL,                         -- as in the header
  bytes  BLOB NOT NULL                          -- header line and sealed body, exactly as they are sent
) STRICT;
CREATE INDEX event_by_ticket ON event (ticket);

CREATE TRIGGER event_is_immutable BEFORE UPDATE ON event
BEGIN
  SELECT RAISE(ABORT, 'an event never changes');
END;

-- One event on its way to the county.
CREATE TABLE forward (
  event INTEGER PRIMARY KEY REFERENCES event (seq) ON DELETE CASCADE, -- the event's sequence
  state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'conflicted', 'refused')), -- the last two are dead letters
  acknowledged INTEGER, -- milliseconds of UTC at the acknowledgement, where the day was known
  why   TEXT            -- what the county said to a dead letter
) STRICT;
-- Small while the network is there; the oldest first.
CREATE INDEX forward_pending ON forward (event) WHERE state = 'pending';

-- What is not on the county's disk can't be deleted.
CREATE TRIGGER event_is_kept BEFORE DELETE ON event
WHEN (SELECT state FROM forward WHERE event = OLD.seq) IS NOT 'delivered'
BEGIN
  SELECT RAISE(ABORT, 'an event that was not delivered is kept');
END;

-- One receipt: the facts on it, none of the villager's words.
CREATE TABLE print (
  job      INTEGER PRIMARY KEY,          -- jobs are printed in this order
  ticket   TEXT NOT NULL UNIQUE,         -- 13 digits
  category TEXT NOT NULL,                -- the category as people read it
  place    TEXT,                         -- the place as people read it
  wall     INTEGER NOT NULL,             -- milliseconds of UTC at the submission
  quality  TEXT NOT NULL,                -- how far to trust it, as in the header
  with_text INTEGER NOT NULL CHECK (with_text IN (0, 1)), -- whether the villager asked for the words on paper
  state    TEXT NOT NULL CHECK (state IN ('prepared', 'sending', 'confirmed', 'failed', 'unknown')), -- see the printer's job
  attempt  INTEGER NOT NULL DEFAULT 0,   -- times that a first byte may have gone to the printer
  reason   TEXT,                         -- why it failed
  hash     BLOB CHECK (length(hash) = 32) -- SHA-256 of the bytes last sent; NULL where they held the villager's words
) STRICT;
-- Small while paper is there.
CREATE INDEX print_open ON print (job) WHERE state IN ('prepared', 'sending');

-- What proves that a receipt is one's own. A table of its own and few rows, so that overwriting reaches every copy.
CREATE TABLE proof (
  job    INTEGER PRIMARY KEY REFERENCES print (job) ON DELETE CASCADE, -- the receipt
  code   TEXT NOT NULL, -- six digits
  secret BLOB NOT NULL CHECK (length(secret) = 16) -- in the QR
) STRICT;

-- The county's answers, each readable with its receipt only.
CREATE TABLE view (
  ticket   TEXT PRIMARY KEY,  -- 13 digits
  revision INTEGER NOT NULL,  -- rises with every change of the case
  sealed   TEXT NOT NULL      -- nonce and cipher text, base64
) STRICT, WITHOUT ROWID;

-- The bulletin last fetched; one row.
CREATE TABLE bulletin (
  id      INTEGER PRIMARY KEY CHECK (id = 1), -- always 1
  etag    TEXT NOT NULL,    -- to ask with
  body    TEXT NOT NULL,    -- JSON
  wall    INTEGER NOT NULL, -- milliseconds of UTC when it was fetched or confirmed
  quality TEXT NOT NULL     -- how far to trust that
) STRICT;
