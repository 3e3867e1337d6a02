-- Whoever is on duty can be told at an address of their own.

ALTER TABLE roster_person ADD COLUMN webhook TEXT NOT NULL DEFAULT ''; -- where they are told; empty: nowhere

ALTER TABLE outbox ADD COLUMN person TEXT; -- id on a roster: told at their address; null: at the county's
