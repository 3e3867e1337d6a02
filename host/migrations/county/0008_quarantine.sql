-- What came on a stick and is not known to be a terminal's of ours: kept, and never a case by itself. Nothing is ever changed or deleted.

CREATE TABLE quarantine (
  number INTEGER PRIMARY KEY AUTOINCREMENT, -- in order of arrival
  at BIGINT NOT NULL,               -- by the county's clock
  who TEXT NOT NULL,                -- person:id, program
  folder TEXT NOT NULL,             -- its name on the stick
  terminal TEXT,                    -- 5 digits, as a checked certificate says; null, nobody knows
  reason TEXT NOT NULL,             -- empty, no_manifest, manifest, signature, certificate, terminal, revoked, replaced, too_much, spoiled
  detail TEXT NOT NULL,             -- the same for whoever looks into it: names of files, what is wrong with each
  files BIGINT NOT NULL,            -- how many files are kept
  size BIGINT NOT NULL,             -- bytes of the archive
  fingerprint BLOB NOT NULL UNIQUE, -- SHA-256 of reason and archive: the same stick twice is kept once
  bytes BLOB NOT NULL,              -- the files, a tar archive
  alarm BIGINT NOT NULL             -- number of its alarm
);
