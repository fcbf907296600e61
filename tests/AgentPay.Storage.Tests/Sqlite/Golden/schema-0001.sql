-- A file as the first schema wrote it. Never changed: it stands for the files that are out there.
PRAGMA journal_mode = WAL;
CREATE TABLE words (
    id   INTEGER PRIMARY KEY,
    word TEXT NOT NULL UNIQUE
);

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

CREATE TABLE ledger_accounts (
    id        INTEGER PRIMARY KEY,
    name_hash INTEGER NOT NULL,
    name      TEXT    NOT NULL
);

CREATE INDEX ledger_accounts_by_name ON ledger_accounts (name_hash);

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

CREATE TABLE ledger_heads (
    account       INTEGER NOT NULL,
    asset         INTEGER NOT NULL,
    last_transfer INTEGER NOT NULL,
    PRIMARY KEY (account, asset)
) WITHOUT ROWID;

CREATE TABLE event_logs (
    log     INTEGER PRIMARY KEY,
    account TEXT NOT NULL UNIQUE
);

CREATE TABLE event_objects (
    id         INTEGER PRIMARY KEY,
    name_hash  INTEGER NOT NULL,
    events     INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    name       TEXT    NOT NULL
);

CREATE INDEX event_objects_by_name ON event_objects (name_hash);

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

CREATE TABLE event_positions (
    position INTEGER PRIMARY KEY,
    event    INTEGER NOT NULL
);

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

CREATE TABLE due (
    grain INTEGER NOT NULL,
    id    TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (grain, id)
) WITHOUT ROWID;

CREATE INDEX due_by_time ON due (at);

CREATE TABLE records (
    number INTEGER PRIMARY KEY,
    grain  INTEGER NOT NULL,
    id     TEXT    NOT NULL,
    body   BLOB    NOT NULL
);

CREATE UNIQUE INDEX records_by_grain ON records (grain, id);

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

CREATE TABLE batches (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL
);

INSERT INTO batches (id, number) VALUES (1, 0);
CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL);
INSERT INTO schema_migrations VALUES (1, '0001_initial.sql', 1772366400000000);
INSERT INTO words VALUES (1, 'wallet'), (2, 'eip155:8453/erc20:0x833589fcd6edb6e08f4c7c32d4f71b54bda02913'), (3, 'settlement'), (4, 'wallet.charged'), (5, 'invoice');
INSERT INTO grains VALUES (1, 101129888964280, 1, 2, 2, 2, 2, 1772366400000000, 'wal_1', 'open', x'73746174652074776f');
INSERT INTO ledger_accounts VALUES (1, 155469175313544, 'payer'), (2, 174240058707349, 'merchant');
INSERT INTO transfers VALUES (1, 1, 1, 0, 1, 2, 2, 3, NULL, NULL, NULL, 1772366400000000, '5');
INSERT INTO transfers VALUES (2, 1, 2, 0, 1, 2, 2, 3, 1, 1, 1, 1772366400000000, '170141183460469231731687303715884105722');
INSERT INTO ledger_heads VALUES (1, 2, 2), (2, 2, 2);
INSERT INTO event_logs VALUES (1, 'acct_1');
INSERT INTO events VALUES (1, 1, 1, NULL, 1099511627777, 4, 1772366400000000, x'019ca961bc007000800000000000aaaa', x'7b7d');
INSERT INTO events VALUES (2, 1, 2, 1, 1099511627778, 4, 1772366400000000, x'019ca961bc007000800000000000bbbb', x'7b7d');
INSERT INTO events VALUES (3, -1, 1, NULL, 1099511627779, 4, 1772366400000000, x'019ca961bc007000800000000000cccc', x'7b7d');
INSERT INTO event_positions VALUES (1099511627777, 1), (1099511627778, 2), (1099511627779, 3);
INSERT INTO event_objects VALUES (1, 258710014854546, 1, 3, '0xabc');
INSERT INTO messages VALUES (1, 1, 2, 0, 5, 1772366400000000, 'inv_1', x'7b7d');
INSERT INTO due VALUES (1, 'expire', 1772370000000000);
INSERT INTO records VALUES (1, 1, 'attempt:1', x'7b7d');
INSERT INTO answers VALUES (1, 209085254625656, 1772452800000000, 201, 'acct_1', 'key-1', x'7072696e74', x'616e73776572');
INSERT INTO reminders VALUES ('wallet', 'wal_1', 'sweep', 1772366400000000, 60000000);
UPDATE batches SET number = 2;
