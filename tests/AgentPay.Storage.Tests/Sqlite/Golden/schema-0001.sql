-- A file as the first schema wrote it. Never changed: it stands for the files that are out there.
PRAGMA journal_mode = WAL;
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

CREATE TABLE ledger_accounts (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE ledger_assets (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

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

CREATE TABLE event_logs (
    account       TEXT PRIMARY KEY,
    log           INTEGER NOT NULL UNIQUE,
    last_sequence INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE event_objects (
    object        TEXT PRIMARY KEY,
    last_sequence INTEGER NOT NULL,
    last_position INTEGER NOT NULL
) WITHOUT ROWID;

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

CREATE TABLE due (
    grain_type TEXT    NOT NULL,
    grain_key  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (grain_type, grain_key, id)
) WITHOUT ROWID;

CREATE INDEX due_by_time ON due (at);

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

CREATE TABLE batches (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL
);

INSERT INTO batches (id, number) VALUES (1, 0);
CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL);
INSERT INTO schema_migrations VALUES (1, '0001_initial.sql', 1772366400000000);
INSERT INTO grains VALUES ('wallet', 'wal_1', 2, 2, 1772366400000000, 'open', x'73746174652074776f');
INSERT INTO ledger_accounts VALUES (1, 'payer'), (2, 'merchant');
INSERT INTO ledger_assets VALUES (1, 'eip155:8453/erc20:0x833589fcd6edb6e08f4c7c32d4f71b54bda02913');
INSERT INTO transfers VALUES (1, NULL, 'wallet', 'wal_1', 1, 0, 1, 2, 1, '5', 'settlement', 1772366400000000);
INSERT INTO transfers VALUES (2, 1, 'wallet', 'wal_1', 2, 0, 1, 2, 1, '170141183460469231731687303715884105722', 'settlement', 1772366400000000);
INSERT INTO event_logs VALUES ('acct_1', 1, 2);
INSERT INTO event_objects VALUES ('wal_1', 2, 1099511627778);
INSERT INTO events VALUES (1099511627777, NULL, x'019ca961bc007000800000000000aaaa', 'wallet.charged', 'wal_1', 1, 1772366400000000, x'7b7d');
INSERT INTO events VALUES (1099511627778, 1099511627777, x'019ca961bc007000800000000000bbbb', 'wallet.charged', 'wal_1', 2, 1772366400000000, x'7b7d');
INSERT INTO messages VALUES ('wallet', 'wal_1', 2, 0, 'invoice', 'inv_1', 1772366400000000, x'7b7d');
INSERT INTO due VALUES ('wallet', 'wal_1', 'expire', 1772370000000000);
INSERT INTO answers VALUES ('acct_1', 'key-1', 1772452800000000, 201, x'7072696e74', x'616e73776572');
INSERT INTO reminders VALUES ('wallet', 'wal_1', 'sweep', 1772366400000000, 60000000);
UPDATE batches SET number = 2;
