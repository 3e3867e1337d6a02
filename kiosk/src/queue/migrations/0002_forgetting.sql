-- When the county's answer came, so that it can be forgotten in time: milliseconds of UTC, NULL where the day was not known.
ALTER TABLE view ADD COLUMN received INTEGER;

-- Receipts that are to come out are found by their codes, which are few.
DROP INDEX print_open;
