-- Recordings: what is written down of them, and what has come of those that are on their way.

ALTER TABLE case_event ADD COLUMN sealed BLOB; -- a transcript, an age file to the county's keys; null for all others

-- An event of which a terminal has sent a part. Goes when the event is taken, refused, or a week silent.
CREATE TABLE upload (
  terminal TEXT NOT NULL,           -- 5 digits, whose it is
  event TEXT NOT NULL,              -- id of the event
  length BIGINT NOT NULL,           -- bytes of the whole event
  sha256 BLOB,                      -- of the whole event, where the terminal said it
  received BIGINT NOT NULL,         -- bytes that are here
  touched BIGINT NOT NULL,          -- when the last of them came, by the county's clock
  PRIMARY KEY (terminal, event)
);
CREATE INDEX upload_touched ON upload (touched);

CREATE TABLE upload_part (
  terminal TEXT NOT NULL,           -- as in `upload`
  event TEXT NOT NULL,              -- as in `upload`
  start BIGINT NOT NULL,            -- offset of the first byte
  bytes BLOB NOT NULL,              -- sealed, as all of the event
  PRIMARY KEY (terminal, event, start)
);
