-- What changes again and again in places all over the file is gathered before it is written there: each such place costs its batch a page.

-- Changes to records, newest batch last, that the rows may not show yet. See RecordChanges for the form of body.
CREATE TABLE record_changes (
    batch INTEGER PRIMARY KEY,
    body  BLOB NOT NULL
);

-- ledger_heads is complete for the transfers up to heads_to; what those behind it changed is told by themselves.
CREATE TABLE marks (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    heads_to INTEGER NOT NULL
);

INSERT INTO marks (id, heads_to) SELECT 1, coalesce(max(id), 0) FROM transfers;
