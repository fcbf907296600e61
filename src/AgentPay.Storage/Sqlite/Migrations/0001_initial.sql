-- One row a grain. last_transfer is the newest ledger row it decided; ledger rows chain back from there, which spares an index.
CREATE TABLE grains (
    type          TEXT    NOT NULL,
    key           TEXT    NOT NULL,
    version       INTEGER NOT NULL,
    last_transfer INTEGER,
    updated_at    INTEGER NOT NULL,
    status        TEXT    NOT NULL,
    state         BLOB    NOT NULL,
    PRIMARY KEY (type, key)
) WITHOUT ROWID;

-- Ledger accounts and assets by name; the numbers keep ledger rows and their indexes small.
CREATE TABLE ledger_accounts (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE ledger_assets (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

-- Both legs in one row. atoms is decimal text: no number type of SQLite holds 127 bits.
CREATE TABLE transfers (
    id          INTEGER PRIMARY KEY,
    previous    INTEGER,
    grain_type  TEXT    NOT NULL,
    grain_key   TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    place       INTEGER NOT NULL,
    debit       INTEGER NOT NULL,
    credit      INTEGER NOT NULL,
    asset       INTEGER NOT NULL,
    atoms       TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL
);

CREATE INDEX transfers_by_debit ON transfers (debit, asset);
CREATE INDEX transfers_by_credit ON transfers (credit, asset);

-- One row an event log (an account, or a shard). log is the upper part of its events' positions.
CREATE TABLE event_logs (
    account       TEXT PRIMARY KEY,
    log           INTEGER NOT NULL UNIQUE,
    last_sequence INTEGER NOT NULL
) WITHOUT ROWID;

-- One row an object that something happened to. Its events chain back from last_position.
CREATE TABLE event_objects (
    object        TEXT PRIMARY KEY,
    last_sequence INTEGER NOT NULL,
    last_position INTEGER NOT NULL
) WITHOUT ROWID;

-- position = log * 2^40 + sequence, so one log's events lie together in sequence.
CREATE TABLE events (
    position        INTEGER PRIMARY KEY,
    previous        INTEGER,
    id              BLOB    NOT NULL,
    type            TEXT    NOT NULL,
    object          TEXT    NOT NULL,
    object_sequence INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    body            BLOB    NOT NULL
);

-- Facts that wait for their receivers.
CREATE TABLE messages (
    source_type TEXT    NOT NULL,
    source_key  TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    place       INTEGER NOT NULL,
    target_type TEXT    NOT NULL,
    target_key  TEXT    NOT NULL,
    sent_at     INTEGER NOT NULL,
    body        BLOB    NOT NULL,
    PRIMARY KEY (source_type, source_key, version, place)
) WITHOUT ROWID;

CREATE INDEX messages_by_time ON messages (sent_at);

-- Deadlines that stand.
CREATE TABLE due (
    grain_type TEXT    NOT NULL,
    grain_key  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (grain_type, grain_key, id)
) WITHOUT ROWID;

CREATE INDEX due_by_time ON due (at);

-- Idempotency records.
CREATE TABLE answers (
    scope       TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    expires_at  INTEGER NOT NULL,
    http_status INTEGER NOT NULL,
    fingerprint BLOB    NOT NULL,
    body        BLOB    NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;

CREATE INDEX answers_by_expiry ON answers (expires_at);

CREATE TABLE reminders (
    grain_type TEXT    NOT NULL,
    grain_key  TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    start_at   INTEGER NOT NULL,
    period     INTEGER NOT NULL,
    PRIMARY KEY (grain_type, grain_key, name)
) WITHOUT ROWID;

-- The number of the newest durable batch: decides what became of a COMMIT whose reply was lost.
CREATE TABLE batches (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL
);

INSERT INTO batches (id, number) VALUES (1, 0);
