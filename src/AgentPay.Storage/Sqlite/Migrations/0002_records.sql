-- Rows that belong to a grain besides its state: what would make the state too large to rewrite each time.
CREATE TABLE records (
    grain_type TEXT NOT NULL,
    grain_key  TEXT NOT NULL,
    id         TEXT NOT NULL,
    body       BLOB NOT NULL,
    PRIMARY KEY (grain_type, grain_key, id)
) WITHOUT ROWID;
