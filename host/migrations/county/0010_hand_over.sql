-- A phone goes on with a ticket: the QR that a terminal showed, and what came of it. Rows go two days after they were made;
-- what was sent stays in `event`, and what a page says of a photo in `photo`.

CREATE TABLE hand_over (
  secret BLOB PRIMARY KEY,          -- SHA-256 of the QR's secret
  id TEXT NOT NULL,                 -- UUID: what the phone's page calls it
  terminal TEXT NOT NULL,           -- 5 digits, who showed it
  ticket TEXT NOT NULL,             -- 13 digits
  boot TEXT NOT NULL,               -- the boot that wrote the suggestion
  made BIGINT NOT NULL,             -- when it was shown
  phone BLOB,                       -- SHA-256 of the cookie of the phone that came first; null, none has come
  opened BIGINT,                    -- when that was
  finished BIGINT,                  -- when the phone said that this is all; null, it has not
  replaced BIGINT,                  -- when the terminal showed a newer one instead
  refused BIGINT NOT NULL,          -- photos that were sent and not taken
  broken BIGINT NOT NULL            -- uploads that did not come whole
);
CREATE INDEX hand_over_terminal ON hand_over (terminal, made);
CREATE INDEX hand_over_ticket ON hand_over (ticket);
CREATE UNIQUE INDEX hand_over_phone ON hand_over (phone);
CREATE INDEX hand_over_made ON hand_over (made);

CREATE TABLE hand_over_photo (
  secret BLOB NOT NULL,             -- as in `hand_over`
  photo TEXT NOT NULL,              -- UUID that the phone drew: sent again, it is the same photo
  taken BIGINT NOT NULL,            -- when
  event TEXT NOT NULL,              -- id of its event
  PRIMARY KEY (secret, photo)
);

CREATE TABLE hand_over_note (
  secret BLOB NOT NULL,             -- as in `hand_over`
  event TEXT NOT NULL,              -- id of its event
  PRIMARY KEY (secret, event)
);

-- What a page says of a photo without opening it: one row for each that opened when it came.
CREATE TABLE photo (
  event TEXT PRIMARY KEY,           -- id of its event
  sealed_to TEXT NOT NULL,          -- the county's key, as the event names it
  width BIGINT NOT NULL,            -- pixels
  height BIGINT NOT NULL            -- pixels
);
