-- A category that is no longer offered keeps its name for the cases that carry it.

ALTER TABLE category ADD COLUMN retired BIGINT NOT NULL DEFAULT 0; -- 1: no terminal offers it
