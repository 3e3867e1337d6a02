-- The county role. Times are milliseconds since 1970 UTC, days are ISO dates, ids are UUIDs unless said otherwise.
-- Nothing of `event`, `conflict`, `case_event`, `audit` is ever changed or deleted, apart from the marks named below.

CREATE TABLE counter (
  name TEXT PRIMARY KEY,            -- cursor: of views; bulletin: revision
  value BIGINT NOT NULL             -- the last one given
);

CREATE TABLE setting (
  name TEXT PRIMARY KEY,            -- ledger, reply_period, webhook, bulletin_day, bulletin_issued
  value TEXT NOT NULL               -- as the program reads it
);

CREATE TABLE event (
  id TEXT PRIMARY KEY,              -- the header's id
  ticket TEXT NOT NULL,             -- 13 digits
  kind TEXT NOT NULL,               -- suggestion, contact, rating, unknown
  terminal TEXT NOT NULL,           -- 5 digits, the sender
  boot TEXT NOT NULL,               -- the boot that wrote it
  seq BIGINT NOT NULL,              -- order within the terminal
  sha256 BLOB NOT NULL,             -- of exactly these bytes
  bytes BLOB NOT NULL,              -- header line and sealed body, verbatim
  received BIGINT NOT NULL,         -- by the county's clock
  status TEXT NOT NULL,             -- applied, waiting, unreadable, refused, kept (mark: waiting may become applied)
  case_id TEXT                      -- the case it belongs to (mark: set when it is found)
);
CREATE INDEX event_ticket ON event (ticket);

CREATE TABLE conflict (
  number INTEGER PRIMARY KEY AUTOINCREMENT, -- in order of arrival
  id TEXT NOT NULL,                 -- the id under which other bytes lie in `event`
  terminal TEXT NOT NULL,           -- the sender
  sha256 BLOB NOT NULL,             -- of these bytes
  bytes BLOB NOT NULL,              -- verbatim
  received BIGINT NOT NULL,         -- by the county's clock
  UNIQUE (id, sha256)
);

CREATE TABLE alarm (
  number INTEGER PRIMARY KEY AUTOINCREMENT, -- in order
  at BIGINT NOT NULL,               -- when
  kind TEXT NOT NULL,               -- conflict, unreadable, double_number, rating_refused, webhook
  ticket TEXT,                      -- the ticket concerned, where there is one
  event TEXT,                       -- the event concerned, where there is one
  seen_by TEXT,                     -- name of the person who has seen to it
  seen_at BIGINT                    -- when
);

CREATE TABLE unit (
  id TEXT PRIMARY KEY,              -- id
  name TEXT NOT NULL UNIQUE,        -- 县交通运输局
  disabled BIGINT NOT NULL          -- 1: gets nothing new
);

CREATE TABLE station (
  id TEXT PRIMARY KEY,              -- id
  name TEXT NOT NULL UNIQUE,        -- 花桥镇人大代表联络站
  telephone TEXT NOT NULL,          -- may be empty
  code TEXT,                        -- the address behind the station's code for phones
  place TEXT,                       -- id of the place that it stands in
  officer_name TEXT NOT NULL,       -- may be empty: nobody is shown
  officer_telephone TEXT NOT NULL,  -- may be empty
  made BIGINT NOT NULL              -- when; the oldest takes terminals that nobody has placed
);

CREATE TABLE place (
  station TEXT NOT NULL REFERENCES station (id), -- the station whose button it is
  id TEXT NOT NULL,                 -- stable id, as headers carry it
  name TEXT NOT NULL,               -- 花桥村
  rank BIGINT NOT NULL,             -- order of the buttons
  PRIMARY KEY (station, id)
);

CREATE TABLE terminal_place (
  terminal TEXT PRIMARY KEY,        -- 5 digits
  station TEXT NOT NULL REFERENCES station (id) -- where it stands
);

CREATE TABLE category (
  id TEXT PRIMARY KEY,              -- stable id, as headers carry it
  name TEXT NOT NULL,               -- formal name
  label TEXT NOT NULL,              -- two or three characters
  label_en TEXT NOT NULL,           -- may be empty
  picture TEXT NOT NULL,            -- name of a picture that terminals hold
  sentences TEXT NOT NULL,          -- ready sentences, one a line
  rank BIGINT NOT NULL              -- order of the doors
);

CREATE TABLE roster_person (
  id TEXT PRIMARY KEY,              -- id, as bulletins carry it
  station TEXT NOT NULL REFERENCES station (id), -- where they are on duty
  name TEXT NOT NULL,               -- as people call them
  role TEXT NOT NULL,               -- 县人大代表
  portrait BLOB,                    -- a small JPEG, written anew from what was uploaded
  removed BIGINT NOT NULL           -- 1: no longer on the roster
);

CREATE TABLE duty (
  id TEXT PRIMARY KEY,              -- id
  person TEXT NOT NULL REFERENCES roster_person (id), -- who
  weekday BIGINT,                   -- 1 Monday to 7 Sunday, every week; else null
  day TEXT,                         -- one day; else null
  from_time TEXT NOT NULL,          -- HH:MM
  to_time TEXT NOT NULL             -- HH:MM
);

CREATE TABLE presence (
  person TEXT PRIMARY KEY REFERENCES roster_person (id), -- who checked in and has not left
  since BIGINT NOT NULL             -- by the county's clock
);

CREATE TABLE person (
  id TEXT PRIMARY KEY,              -- id
  login TEXT NOT NULL UNIQUE,       -- what they type
  name TEXT NOT NULL,               -- as people call them
  role TEXT NOT NULL,               -- officer, deputy, unit, county
  unit TEXT REFERENCES unit (id),   -- of role unit: whose
  station TEXT REFERENCES station (id), -- of role officer: the only station they see, null all
  password TEXT NOT NULL,           -- argon2id, PHC string
  disabled BIGINT NOT NULL,         -- 1: can't sign in
  made BIGINT NOT NULL              -- when
);

CREATE TABLE session (
  token BLOB PRIMARY KEY,           -- SHA-256 of the cookie's value
  person TEXT NOT NULL REFERENCES person (id), -- whose
  csrf TEXT NOT NULL,               -- stands in every form
  made BIGINT NOT NULL,             -- when
  seen BIGINT NOT NULL              -- last use
);

CREATE TABLE ticket_case (
  id TEXT PRIMARY KEY,              -- id of the suggestion's event
  ticket TEXT NOT NULL,             -- 13 digits; two cases with one number are an alarm
  terminal TEXT NOT NULL,           -- where it was said
  boot TEXT NOT NULL,               -- during which boot
  seq BIGINT NOT NULL,              -- order within the terminal
  station TEXT REFERENCES station (id), -- the terminal's station when it came in
  category TEXT NOT NULL,           -- id; empty where the header named none
  place TEXT NOT NULL,              -- id; empty where the header named none
  on_behalf BIGINT NOT NULL,        -- 1: written by the officer for somebody
  said BIGINT,                      -- the terminal's wall time, where it may be shown
  received BIGINT NOT NULL,         -- by the county's clock
  view_key BLOB NOT NULL,           -- derived from the receipt's secret
  code_tag BLOB NOT NULL,           -- HMAC of number and query code
  contact TEXT REFERENCES event (id), -- the newest contact event
  phone_tag BLOB,                   -- HMAC of the digits of the telephone number
  state TEXT NOT NULL,              -- as in the contract
  revision BIGINT NOT NULL,         -- number of the ledger's last entry
  deputy TEXT REFERENCES person (id), -- who took it
  due TEXT,                         -- last day of the period
  reply_by TEXT,                    -- the main unit's name when it replied
  reply_text TEXT,                  -- its words
  reply_at BIGINT,                  -- when
  confirmed BIGINT NOT NULL,        -- 1: the deputy confirmed that reply
  reason TEXT,                      -- why nothing can be done
  rating BIGINT,                    -- 1 to 5, the last
  outcome TEXT,                     -- closed, declined, null while it is open
  settled BIGINT NOT NULL,          -- revision at which it ended
  rounds BIGINT NOT NULL            -- how often it was reopened
);
CREATE INDEX case_ticket ON ticket_case (ticket);
CREATE INDEX case_phone ON ticket_case (phone_tag);
CREATE INDEX case_received ON ticket_case (received);

CREATE TABLE case_unit (
  case_id TEXT NOT NULL REFERENCES ticket_case (id), -- the case
  unit TEXT NOT NULL REFERENCES unit (id), -- who is asked
  rank BIGINT NOT NULL,             -- 0 the main unit, joint ones from 1
  PRIMARY KEY (case_id, unit)
);

CREATE TABLE case_event (
  case_id TEXT NOT NULL REFERENCES ticket_case (id), -- the case
  revision BIGINT NOT NULL,         -- from 1, without gaps
  kind TEXT NOT NULL,               -- state, joint, hand_over
  state TEXT NOT NULL,              -- the state behind it
  at BIGINT NOT NULL,               -- by the county's clock
  role TEXT,                        -- of the person; null the villager
  person TEXT,                      -- id of the person
  shown_by TEXT,                    -- the name that the villager may read
  words TEXT,                       -- a reply, a reason, an opinion, a rating's word
  due TEXT,                         -- last day of the period
  PRIMARY KEY (case_id, revision)
);

CREATE TABLE case_view (
  case_id TEXT PRIMARY KEY REFERENCES ticket_case (id), -- the case
  ticket TEXT NOT NULL,             -- 13 digits
  terminal TEXT NOT NULL,           -- whose cache it belongs into
  revision BIGINT NOT NULL,         -- of the case
  sealed TEXT NOT NULL,             -- under the ticket's view key
  cursor BIGINT NOT NULL            -- rises over the county with every change
);
CREATE INDEX view_cursor ON case_view (terminal, cursor);

CREATE TABLE help_call (
  id TEXT PRIMARY KEY,              -- made by the terminal
  terminal TEXT NOT NULL,           -- who calls
  station TEXT REFERENCES station (id), -- where
  at BIGINT NOT NULL,               -- by the county's clock
  by_name TEXT,                     -- who acknowledged it
  acknowledged BIGINT               -- when
);

CREATE TABLE guess (
  number INTEGER PRIMARY KEY AUTOINCREMENT, -- in order
  at BIGINT NOT NULL,               -- when
  subject TEXT NOT NULL,            -- ticket:…, login:… : what was tried
  asker TEXT NOT NULL               -- terminal:…, address:HMAC : who tried
);
CREATE INDEX guess_subject ON guess (subject, at);
CREATE INDEX guess_asker ON guess (asker, at);

CREATE TABLE audit (
  number INTEGER PRIMARY KEY AUTOINCREMENT, -- in order
  at BIGINT NOT NULL,               -- when
  who TEXT NOT NULL,                -- person:id, terminal:number, address:HMAC, program
  what TEXT NOT NULL,               -- track, lookup, reissue, sign_in, contact, person, …
  subject TEXT NOT NULL,            -- a ticket, a case, a person; never words, names, telephone numbers
  outcome TEXT NOT NULL             -- done, wrong, unknown, blocked, …
);

CREATE TABLE outbox (
  number INTEGER PRIMARY KEY AUTOINCREMENT, -- in order
  made BIGINT NOT NULL,             -- when
  body TEXT NOT NULL,               -- JSON without words, names or numbers of villagers
  tries BIGINT NOT NULL,            -- so far
  next BIGINT NOT NULL,             -- when to try
  done BIGINT                       -- when it was delivered or given up
);
