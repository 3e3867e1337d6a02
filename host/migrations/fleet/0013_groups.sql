-- Groups of terminals by what is asked of them.
CREATE TABLE terminal_group (
    name TEXT PRIMARY KEY,                -- as people call it
    query TEXT NOT NULL                   -- as fleet::groups::Query prints it
);
