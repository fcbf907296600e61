-- What is written most costs least: rows are appended to tables that are numbered as they grow, what names a grain, an answer or an account
-- is found by a short hash of its text (never by the hash alone: the text itself is compared), and histories chain backwards from their
-- newest row, which spares an index each.

-- Words of which there are few: grain types, event types, reasons, assets.
CREATE TABLE words (
    id   INTEGER PRIMARY KEY,
    word TEXT NOT NULL UNIQUE
);

-- One row a grain. Its ledger rows chain back from last_transfer. Where an object that has events is a grain (its name is the grain's key),
-- its events chain back from last_event, and events counts them.
CREATE TABLE grains (
    id            INTEGER PRIMARY KEY,
    key_hash      INTEGER NOT NULL,
    type          INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    events        INTEGER NOT NULL,
    last_event    INTEGER,
    last_transfer INTEGER,
    updated_at    INTEGER NOT NULL,
    key           TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    state         BLOB    NOT NULL
);

CREATE INDEX grains_by_key ON grains (key_hash);

-- Ledger accounts by name.
CREATE TABLE ledger_accounts (
    id        INTEGER PRIMARY KEY,
    name_hash INTEGER NOT NULL,
    name      TEXT    NOT NULL
);

CREATE INDEX ledger_accounts_by_name ON ledger_accounts (name_hash);

-- Both legs in one row. atoms is decimal text: no number type of SQLite holds 127 bits. Each row names the one before it of its grain,
-- and of each of its two accounts in the same asset.
CREATE TABLE transfers (
    id              INTEGER PRIMARY KEY,
    grain           INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    place           INTEGER NOT NULL,
    debit           INTEGER NOT NULL,
    credit          INTEGER NOT NULL,
    asset           INTEGER NOT NULL,
    reason          INTEGER NOT NULL,
    previous        INTEGER,
    previous_debit  INTEGER,
    previous_credit INTEGER,
    created_at      INTEGER NOT NULL,
    atoms           TEXT    NOT NULL
);

-- The newest ledger row of an account in an asset, from which its others chain back.
CREATE TABLE ledger_heads (
    account       INTEGER NOT NULL,
    asset         INTEGER NOT NULL,
    last_transfer INTEGER NOT NULL,
    PRIMARY KEY (account, asset)
) WITHOUT ROWID;

-- One row an event log (an account, or a shard). log is the upper part of its events' positions.
CREATE TABLE event_logs (
    log     INTEGER PRIMARY KEY,
    account TEXT NOT NULL UNIQUE
);

-- One row an object that something happened to and that is no grain.
CREATE TABLE event_objects (
    id         INTEGER PRIMARY KEY,
    name_hash  INTEGER NOT NULL,
    events     INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    name       TEXT    NOT NULL
);

CREATE INDEX event_objects_by_name ON event_objects (name_hash);

-- object: the grain's number, or the number in event_objects below zero.
CREATE TABLE events (
    id              INTEGER PRIMARY KEY,
    object          INTEGER NOT NULL,
    object_sequence INTEGER NOT NULL,
    previous        INTEGER,
    position        INTEGER NOT NULL,
    type            INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    public_id       BLOB    NOT NULL,
    body            BLOB    NOT NULL
);

-- position = log * 2^40 + sequence, so one log's events are found together in sequence while their rows lie as they came.
CREATE TABLE event_positions (
    position INTEGER PRIMARY KEY,
    event    INTEGER NOT NULL
);

-- Facts that wait for their receivers.
CREATE TABLE messages (
    id          INTEGER PRIMARY KEY,
    source      INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    place       INTEGER NOT NULL,
    target_type INTEGER NOT NULL,
    sent_at     INTEGER NOT NULL,
    target_key  TEXT    NOT NULL,
    body        BLOB    NOT NULL
);

CREATE UNIQUE INDEX messages_by_source ON messages (source, version, place);
CREATE INDEX messages_by_time ON messages (sent_at);

-- Deadlines that stand.
CREATE TABLE due (
    grain INTEGER NOT NULL,
    id    TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (grain, id)
) WITHOUT ROWID;

CREATE INDEX due_by_time ON due (at);

-- Rows that belong to a grain besides its state: what would make the state too large to rewrite each time.
CREATE TABLE records (
    number INTEGER PRIMARY KEY,
    grain  INTEGER NOT NULL,
    id     TEXT    NOT NULL,
    body   BLOB    NOT NULL
);

CREATE UNIQUE INDEX records_by_grain ON records (grain, id);

-- Idempotency records.
CREATE TABLE answers (
    id          INTEGER PRIMARY KEY,
    key_hash    INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    http_status INTEGER NOT NULL,
    scope       TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL,
    body        BLOB    NOT NULL
);

CREATE INDEX answers_by_key ON answers (key_hash);
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
