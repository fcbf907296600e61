-- Times are bigint microseconds since 1970-01-01 UTC: exact, without the infinities and the epoch of timestamptz.
-- Text is compared byte by byte (COLLATE "C"). A zero character, which PostgreSQL's text cannot hold, is stored as U+0001 '0', and U+0001 as U+0001 '1'.

-- One row a grain. The id keeps ledger rows narrow. Room on each page lets a new version stay on it, which spares the index.
CREATE TABLE grains (
    id         bigint GENERATED ALWAYS AS IDENTITY,
    type       text COLLATE "C" NOT NULL,
    key        text COLLATE "C" NOT NULL,
    version    bigint NOT NULL,
    updated_at bigint NOT NULL,
    status     text COLLATE "C" NOT NULL,
    state      bytea NOT NULL,
    PRIMARY KEY (type, key)
) WITH (fillfactor = 60);

ALTER TABLE grains ALTER COLUMN state SET STORAGE EXTERNAL;

-- Ledger accounts and assets by name. A name keeps its number for ever.
CREATE TABLE ledger_names (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE
);

-- Both legs in one row. The key says that no version of a grain can write its rows twice.
CREATE TABLE transfers (
    grain      bigint NOT NULL,
    version    bigint NOT NULL,
    place      integer NOT NULL,
    debit      bigint NOT NULL,
    credit     bigint NOT NULL,
    asset      bigint NOT NULL,
    atoms      numeric(39, 0) NOT NULL CHECK (atoms > 0),
    reason     text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (grain, version, place)
);

CREATE INDEX transfers_by_debit ON transfers (debit, asset);
CREATE INDEX transfers_by_credit ON transfers (credit, asset);

-- Heads of the event logs (an account, or a shard) and of the objects. A batch locks its heads in order of name and gives numbers under the lock.
CREATE TABLE event_logs (
    id            bigint GENERATED ALWAYS AS IDENTITY,
    account       text COLLATE "C" PRIMARY KEY,
    last_sequence bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE event_objects (
    id            bigint GENERATED ALWAYS AS IDENTITY,
    object        text COLLATE "C" PRIMARY KEY,
    last_sequence bigint NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE events (
    log             bigint NOT NULL,
    sequence        bigint NOT NULL,
    object          bigint NOT NULL,
    object_sequence bigint NOT NULL,
    id              uuid   NOT NULL,
    type            text COLLATE "C" NOT NULL,
    created_at      bigint NOT NULL,
    body            bytea  NOT NULL,
    PRIMARY KEY (log, sequence),
    UNIQUE (object, object_sequence)
);

-- Facts that wait for their receivers.
CREATE TABLE messages (
    source_type text COLLATE "C" NOT NULL,
    source_key  text COLLATE "C" NOT NULL,
    version     bigint  NOT NULL,
    place       integer NOT NULL,
    target_type text COLLATE "C" NOT NULL,
    target_key  text COLLATE "C" NOT NULL,
    sent_at     bigint  NOT NULL,
    body        bytea   NOT NULL,
    PRIMARY KEY (source_type, source_key, version, place)
);

CREATE INDEX messages_by_time ON messages (sent_at);

-- Deadlines that stand.
CREATE TABLE due (
    grain_type text COLLATE "C" NOT NULL,
    grain_key  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    at         bigint NOT NULL,
    PRIMARY KEY (grain_type, grain_key, id)
);

CREATE INDEX due_by_time ON due (at);

-- Rows that belong to a grain besides its state.
CREATE TABLE records (
    grain_type text COLLATE "C" NOT NULL,
    grain_key  text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    body       bytea NOT NULL,
    PRIMARY KEY (grain_type, grain_key, id)
);

-- Idempotency records.
CREATE TABLE answers (
    scope       text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL,
    answered_at bigint  NOT NULL,
    expires_at  bigint  NOT NULL,
    http_status integer NOT NULL,
    fingerprint bytea   NOT NULL,
    body        bytea   NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE INDEX answers_by_expiry ON answers (expires_at);

CREATE TABLE reminders (
    grain_type text COLLATE "C" NOT NULL,
    grain_key  text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    start_at   bigint NOT NULL,
    period     bigint NOT NULL,
    PRIMARY KEY (grain_type, grain_key, name)
);
