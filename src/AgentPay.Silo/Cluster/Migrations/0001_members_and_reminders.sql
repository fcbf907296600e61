-- What Orleans' ADO.NET clustering and reminders need of a database. The name of the table of queries, the keys in it, and the names of parameters and result columns are
-- Orleans' contract; tables and statements are this engine's. Texts that stand already stay: somebody else's Orleans on the same database goes on with its own.

CREATE TABLE IF NOT EXISTS OrleansQuery
(
    QueryKey text PRIMARY KEY,
    QueryText text NOT NULL
);

CREATE TABLE IF NOT EXISTS cluster_versions
(
    cluster    text PRIMARY KEY,
    version    integer NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS cluster_members
(
    cluster       text NOT NULL REFERENCES cluster_versions (cluster),
    address       text NOT NULL,
    port          integer NOT NULL,
    generation    integer NOT NULL,
    name          text NOT NULL,
    host          text NOT NULL,
    status        integer NOT NULL,
    gateway_port  integer NOT NULL,
    suspected     text,
    started_at    timestamptz NOT NULL,
    alive_at      timestamptz NOT NULL,
    PRIMARY KEY (cluster, address, port, generation)
);

CREATE TABLE IF NOT EXISTS cluster_reminders
(
    service    text NOT NULL,
    grain      text NOT NULL,
    name       text NOT NULL,
    hash       integer NOT NULL,
    start_at   timestamptz NOT NULL,
    period_ms  bigint NOT NULL,
    version    integer NOT NULL DEFAULT 0,
    PRIMARY KEY (service, grain, name)
);

CREATE INDEX IF NOT EXISTS cluster_reminders_by_hash ON cluster_reminders (service, hash);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', $q$
    WITH made AS (INSERT INTO cluster_versions (cluster) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING cluster)
    SELECT count(*)::integer FROM made
$q$),
-- A member comes or changes only together with the next version of the table: of two who write on the same version, the second finds it gone and nothing is written.
('InsertMembershipKey', $q$
    WITH turn AS
    (
        UPDATE cluster_versions v SET version = v.version + 1, changed_at = now()
        WHERE v.cluster = @DeploymentId AND v.version = @Version AND NOT EXISTS
            (SELECT FROM cluster_members m WHERE m.cluster = @DeploymentId AND m.address = @Address AND m.port = @Port AND m.generation = @Generation)
        RETURNING v.cluster
    ),
    added AS
    (
        INSERT INTO cluster_members (cluster, address, port, generation, name, host, status, gateway_port, started_at, alive_at)
        SELECT cluster, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM turn
        RETURNING 1
    )
    SELECT count(*)::integer FROM added
$q$),
('UpdateMembershipKey', $q$
    WITH turn AS
    (
        UPDATE cluster_versions v SET version = v.version + 1, changed_at = now()
        WHERE v.cluster = @DeploymentId AND v.version = @Version AND EXISTS
            (SELECT FROM cluster_members m WHERE m.cluster = @DeploymentId AND m.address = @Address AND m.port = @Port AND m.generation = @Generation)
        RETURNING v.cluster
    ),
    changed AS
    (
        UPDATE cluster_members m SET status = @Status, suspected = @SuspectTimes, alive_at = @IAmAliveTime
        FROM turn WHERE m.cluster = turn.cluster AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
        RETURNING 1
    )
    SELECT count(*)::integer FROM changed
$q$),
('UpdateIAmAlivetimeKey', $q$
    UPDATE cluster_members SET alive_at = @IAmAliveTime
    WHERE cluster = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$q$),
-- A table without members has a version all the same: one row, whose member is null.
('MembershipReadRowKey', $q$
    SELECT v.cluster AS DeploymentId, m.address AS Address, m.port AS Port, m.generation AS Generation, m.name AS SiloName, m.host AS HostName, m.status AS Status,
        m.gateway_port AS ProxyPort, m.suspected AS SuspectTimes, m.started_at AS StartTime, m.alive_at AS IAmAliveTime, v.version AS Version
    FROM cluster_versions v
    LEFT JOIN cluster_members m ON m.cluster = v.cluster AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
    WHERE v.cluster = @DeploymentId
$q$),
('MembershipReadAllKey', $q$
    SELECT v.cluster AS DeploymentId, m.address AS Address, m.port AS Port, m.generation AS Generation, m.name AS SiloName, m.host AS HostName, m.status AS Status,
        m.gateway_port AS ProxyPort, m.suspected AS SuspectTimes, m.started_at AS StartTime, m.alive_at AS IAmAliveTime, v.version AS Version
    FROM cluster_versions v LEFT JOIN cluster_members m ON m.cluster = v.cluster
    WHERE v.cluster = @DeploymentId
$q$),
('GatewaysQueryKey', $q$
    SELECT address AS Address, gateway_port AS ProxyPort, generation AS Generation FROM cluster_members
    WHERE cluster = @DeploymentId AND status = @Status AND gateway_port > 0
$q$),
-- Status 3 is a silo at work: only those that are not are forgotten.
('CleanupDefunctSiloEntriesKey', $q$
    DELETE FROM cluster_members WHERE cluster = @DeploymentId AND alive_at < @IAmAliveTime AND status <> 3
$q$),
('DeleteMembershipTableEntriesKey', $q$
    WITH gone AS (DELETE FROM cluster_members WHERE cluster = @DeploymentId)
    UPDATE cluster_versions SET version = version + 1, changed_at = now() WHERE cluster = @DeploymentId
$q$),
('UpsertReminderRowKey', $q$
    INSERT INTO cluster_reminders AS r (service, grain, name, hash, start_at, period_ms)
    VALUES (@ServiceId, @GrainId, @ReminderName, @GrainHash, @StartTime, @Period)
    ON CONFLICT (service, grain, name) DO UPDATE SET hash = excluded.hash, start_at = excluded.start_at, period_ms = excluded.period_ms, version = r.version + 1
    RETURNING version AS Version
$q$),
('ReadReminderRowKey', $q$
    SELECT grain AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version FROM cluster_reminders
    WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName
$q$),
('ReadReminderRowsKey', $q$
    SELECT grain AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version FROM cluster_reminders
    WHERE service = @ServiceId AND grain = @GrainId
$q$),
-- Hashes lie on a ring: a range that begins above its end goes over the top of the ring.
('ReadRangeRows1Key', $q$
    SELECT grain AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version FROM cluster_reminders
    WHERE service = @ServiceId AND hash > @BeginHash AND hash <= @EndHash
$q$),
('ReadRangeRows2Key', $q$
    SELECT grain AS GrainId, name AS ReminderName, start_at AS StartTime, period_ms AS Period, version AS Version FROM cluster_reminders
    WHERE service = @ServiceId AND (hash > @BeginHash OR hash <= @EndHash)
$q$),
('DeleteReminderRowKey', $q$
    WITH gone AS (DELETE FROM cluster_reminders WHERE service = @ServiceId AND grain = @GrainId AND name = @ReminderName AND version = @Version RETURNING 1)
    SELECT count(*)::integer FROM gone
$q$),
('DeleteReminderRowsKey', $q$
    DELETE FROM cluster_reminders WHERE service = @ServiceId
$q$)
ON CONFLICT (QueryKey) DO NOTHING;
