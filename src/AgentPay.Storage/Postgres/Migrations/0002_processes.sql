-- Processes that work on this database, and what each of them has to itself. All times here are of the database's clock: microseconds since 1970.

-- Who is there. A row that was not renewed is removed by another process, which from then on may believe that it is alone.
CREATE TABLE processes (
    id      text COLLATE "C" PRIMARY KEY,
    seen_at bigint NOT NULL
) WITH (fillfactor = 50);

-- One row a writing connection. Each transaction sets the number of its batch: a process whose rows were removed can commit nothing,
-- and the number tells what became of a batch whose reply was lost, also after the server gave its transaction's id away again.
CREATE TABLE writers (
    process text COLLATE "C" NOT NULL,
    place   integer NOT NULL,
    batch   bigint NOT NULL,
    PRIMARY KEY (process, place)
) WITH (fillfactor = 50);

-- Who has a resource to itself, and for how long. The epoch grows with each new holder; a commit made under an older one is refused.
CREATE TABLE leases (
    resource   text COLLATE "C" PRIMARY KEY,
    holder     text COLLATE "C" NOT NULL,
    epoch      bigint NOT NULL,
    expires_at bigint NOT NULL
) WITH (fillfactor = 50);

-- Until when a process that took a deadline has it to itself.
ALTER TABLE due ADD COLUMN claimed_until bigint NOT NULL DEFAULT 0;
