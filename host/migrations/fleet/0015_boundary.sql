-- The boundary of the county, behind the sites on the map.
CREATE TABLE boundary (
    id BIGINT PRIMARY KEY,                -- 1
    rings TEXT NOT NULL                   -- JSON of rings of pairs, longitude and latitude in millionths of a degree
);
