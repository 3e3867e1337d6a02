-- The tree of sites. Rows are never deleted: a code is given once.
CREATE TABLE site (
    code TEXT PRIMARY KEY,                -- capitals, digits, hyphens
    name TEXT NOT NULL,                   -- as receipts and messages call it, no two open sites have the same
    level TEXT NOT NULL,                  -- county-home, specialist, township, village, on-line, station
    parent TEXT REFERENCES site (code),   -- NULL, at the top
    path TEXT NOT NULL,                   -- codes from the top down to its own, as /DX/DX-03/
    address TEXT NOT NULL,                -- may be empty
    latitude BIGINT,                      -- WGS 84, millionths of a degree, NULL, not known
    longitude BIGINT,                     -- likewise
    zone TEXT,                            -- IANA name, NULL, that of the site above
    tags TEXT NOT NULL,                   -- words with spaces between
    retired BIGINT NOT NULL               -- 1, closed, 0, open
);

ALTER TABLE terminal ADD COLUMN site TEXT REFERENCES site (code); -- where it stands, and station is its name, NULL, not known
CREATE INDEX terminal_by_site ON terminal (site);

-- Each station that terminals were said to stand in is a site.
INSERT INTO site (code, name, level, path, address, tags, retired)
    SELECT 'T' || CAST(MIN(number) AS TEXT), station, 'station', '/T' || CAST(MIN(number) AS TEXT) || '/', '', '', 0
    FROM terminal WHERE station <> '' GROUP BY station;
UPDATE terminal SET site = (SELECT code FROM site WHERE name = terminal.station) WHERE station <> '';

ALTER TABLE fleet_user ADD COLUMN sites TEXT; -- codes of the sites whose subtrees they see, one a line, NULL, scope says it
