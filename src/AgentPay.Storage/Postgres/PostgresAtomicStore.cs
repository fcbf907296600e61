using System.Collections.Concurrent;
using System.Numerics;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres.Processes;
using AgentPay.Storage.Postgres.Reading;
using AgentPay.Storage.Postgres.Writing;
using AgentPay.Storage.Writing;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AgentPay.Storage.Postgres;

/// <summary>
/// The atomic store on PostgreSQL 15 or newer. Several processes may open one database: row versions and unique keys decide between them.
/// Times keep microseconds, rounded down; an acknowledged commit is as durable as the database's <c>synchronous_commit</c>, which must not be off.
/// </summary>
public sealed class PostgresAtomicStore : IAtomicStore, IStoreHealth
{
    private readonly PostgresDatabase _database;
    private readonly ProcessRegistry _registry;
    private readonly ProcessView _view;
    private readonly DatabasePulse _pulse;
    private readonly ILogger _logger;
    private readonly PostgresWriter[] _writers;
    private readonly WriterLanes _lanes;
    private readonly Reader _reader;
    private readonly TimeSpan _dueClaim;
    private readonly ConcurrentDictionary<(GrainRef Sender, long Version), Task> _sending = [];
    private readonly ConcurrentDictionary<(string Scope, string Key), Task> _answering = [];
    private int _closed;

    private PostgresAtomicStore(PostgresDatabase database, ProcessRegistry registry, PostgresStoreOptions options, TimeProvider clock, ILogger logger)
    {
        _database = database;
        _registry = registry;
        _logger = logger;
        var memory = new SharedMemory();
        _writers = [.. Enumerable.Range(0, options.Writers).Select(place => new PostgresWriter(database, registry, memory, place, clock, logger))];
        _lanes = new WriterLanes(options.Writers, options.SpreadAbove);
        registry.Failed = _writers[0].Probe;
        _dueClaim = options.DueClaim;
        _reader = new Reader(database.Readers, database.ReadersMax, _writers[0].Probe);
        _view = new ProcessView(registry, _reader);
        _pulse = new DatabasePulse(database, clock, logger);
    }

    /// <inheritdoc/>
    /// <remarks>Two connections write, and other processes do.</remarks>
    public bool AppliesInOrder => false;

    /// <inheritdoc/>
    public StoreWriteFailure? LastWriteFailure => _writers.Select(writer => writer.LastFailure).OfType<StoreWriteFailure>().MaxBy(failure => failure.At);

    /// <summary>Other processes on the same database.</summary>
    public INeighbours Neighbours => _view;

    /// <summary>What this process has to itself.</summary>
    public ILeases Leases => _view;

    /// <inheritdoc/>
    public TimeSpan WriteLag => _writers.Max(writer => writer.Lag);

    /// <inheritdoc/>
    public CancellationToken Silence => _pulse.Silence;

    /// <summary>Connects, and brings the database to this program's schema; one process at a time does that.</summary>
    /// <exception cref="StoreUnavailableException">
    /// The database cannot be reached, refuses, is a standby, was written by a newer program, or does not make commits durable.
    /// </exception>
    public static Task<PostgresAtomicStore> OpenAsync(PostgresStoreOptions options, TimeProvider clock, ILogger<PostgresAtomicStore> logger) =>
        Task.Run(() => Open(options, clock, logger));

    /// <summary>As <see cref="OpenAsync"/>, on the caller's thread; for a service container, whose factories are synchronous.</summary>
    /// <exception cref="StoreUnavailableException">See <see cref="OpenAsync"/>.</exception>
    public static PostgresAtomicStore Open(PostgresStoreOptions options, TimeProvider clock, ILogger<PostgresAtomicStore> logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ConnectionsMax, 5);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.ConnectionsMax, 100);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Writers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Writers, 2);
        var database = PostgresDatabase.Of(options);
        try
        {
            using var connection = database.OpenWriter();
            var (applied, newest) = Migrator.Apply(connection, clock.GetUtcNow(), logger);
            logger.Opened(database.Name, newest, applied);
            var registry = new ProcessRegistry(database, options.Writers, clock, logger);
            registry.Join();
            return new PostgresAtomicStore(database, registry, options, clock, logger);
        }
        catch (Exception failure)
        {
            database.DisposeAsync().AsTask().GetAwaiter().GetResult();
            if (failure is NpgsqlException)
            {
                throw new StoreUnavailableException($"The database '{database.Name}' cannot be opened: {failure.Message}", failure);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public Task<CommitResult> CommitAsync(Commit commit)
    {
        CommitRules.Check(commit);
        var write = new QueuedCommit(commit, Before(commit));
        if (commit.Messages.Count > 0)
        {
            Remember(_sending, (commit.Grain, commit.ExpectedVersion + 1), write.Task);
        }

        if (commit.Answer is { } answer)
        {
            Remember(_answering, (answer.Scope, answer.Key), write.Task);
        }

        Add(commit.Grain, write);
        return write.Task;
    }

    /// <inheritdoc/>
    public Task RemoveMessageAsync(MessageId id, CancellationToken cancellationToken) =>
        WriteAsync(id.Source, plan => plan.RemoveMessage(id), cancellationToken);

    /// <inheritdoc/>
    public Task ClearDueAsync(DueItem item, CancellationToken cancellationToken) =>
        WriteAsync(item.Grain, plan => plan.ClearDue(item), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<StoredState?> ReadAsync(GrainRef grain, CancellationToken cancellationToken) => (await _reader.ReadAsync(
        "SELECT version, state FROM grains WHERE type = $1 AND key = $2",
        row => new StoredState(grain, row.GetInt64(0), row.Bytes(1)), cancellationToken, Reader.Text(grain.Type), Reader.Text(grain.Key)).ConfigureAwait(false)).SingleOrDefault();

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StoredState?>> ReadManyAsync(IReadOnlyList<GrainRef> grains, CancellationToken cancellationToken)
    {
        var found = await _reader.ReadAsync(
            """
            SELECT v.place, g.version, g.state FROM unnest($1, $2) WITH ORDINALITY AS v (type, key, place)
            JOIN grains g ON g.type = v.type AND g.key = v.key AND v.place % 1 = 0
            """,
            row => (Place: checked((int)row.GetInt64(0)) - 1, Version: row.GetInt64(1), State: row.Bytes(2)), cancellationToken,
            Reader.Texts(grains.Select(grain => grain.Type)), Reader.Texts(grains.Select(grain => grain.Key))).ConfigureAwait(false);
        var states = new StoredState?[grains.Count];
        foreach (var (place, version, state) in found)
        {
            states[place] = new StoredState(grains[place], version, state);
        }

        return states;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<long>> ReadVersionsAsync(IReadOnlyList<GrainRef> grains, CancellationToken cancellationToken)
    {
        var found = await _reader.ReadAsync(
            """
            SELECT v.place, g.version FROM unnest($1, $2) WITH ORDINALITY AS v (type, key, place)
            JOIN grains g ON g.type = v.type AND g.key = v.key AND v.place % 1 = 0
            """,
            row => (Place: checked((int)row.GetInt64(0)) - 1, Version: row.GetInt64(1)), cancellationToken,
            Reader.Texts(grains.Select(grain => grain.Type)), Reader.Texts(grains.Select(grain => grain.Key))).ConfigureAwait(false);
        var versions = new long[grains.Count];
        foreach (var (place, version) in found)
        {
            versions[place] = version;
        }

        return versions;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredRecord>> ReadRecordsAsync(GrainRef grain, CancellationToken cancellationToken) => _reader.ReadAsync(
        "SELECT id, body FROM records WHERE grain_type = $1 AND grain_key = $2 ORDER BY id",
        Rows.Record, cancellationToken, Reader.Text(grain.Type), Reader.Text(grain.Key));

    /// <inheritdoc/>
    public async ValueTask<Answer?> ReadAnswerAsync(string scope, string key, DateTimeOffset now, CancellationToken cancellationToken) => (await _reader.ReadAsync(
        "SELECT fingerprint, http_status, body, expires_at FROM answers WHERE scope = $1 AND key = $2 AND expires_at >= $3",
        row => new Answer(scope, key, row.Bytes(0), row.GetInt32(1), row.Bytes(2), row.Time(3)), cancellationToken,
        Reader.Text(scope), Reader.Text(key), Reader.Time(now)).ConfigureAwait(false)).SingleOrDefault();

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<WaitingMessage>> ReadWaitingMessagesAsync(DateTimeOffset sentBefore, int countMax, CancellationToken cancellationToken) => _reader.ReadAsync(
        """
        SELECT source_type, source_key, version, place, target_type, target_key, body, sent_at
        FROM messages WHERE sent_at <= $1 ORDER BY sent_at, source_type, source_key, version, place LIMIT $2
        """,
        Rows.Message, cancellationToken, Reader.Time(sentBefore), Reader.Int64(countMax));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DueItem>> ReadDueAsync(DateTimeOffset now, int countMax, CancellationToken cancellationToken) => _reader.ReadAsync(
        "SELECT grain_type, grain_key, id, at FROM due WHERE at <= $1 ORDER BY at, grain_type, grain_key, id LIMIT $2",
        Rows.Due, cancellationToken, Reader.Time(now), Reader.Int64(countMax));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DueItem>> TakeDueAsync(IReadOnlyList<DueItem> items, CancellationToken cancellationToken) => _reader.ReadAsync(
        $"""
        WITH free AS MATERIALIZED (
            SELECT d.grain_type, d.grain_key, d.id FROM unnest($1, $2, $3, $4) AS v (grain_type, grain_key, id, at)
            JOIN due d ON d.grain_type = v.grain_type AND d.grain_key = v.grain_key AND d.id = v.id AND d.at = v.at
            WHERE d.claimed_until <= {DatabaseTime.Now} FOR UPDATE OF d SKIP LOCKED)
        UPDATE due d SET claimed_until = {DatabaseTime.Now} + $5 FROM free f
        WHERE d.grain_type = f.grain_type AND d.grain_key = f.grain_key AND d.id = f.id
        RETURNING d.grain_type, d.grain_key, d.id, d.at
        """,
        Rows.Due, cancellationToken, Reader.Texts(items.Select(item => item.Grain.Type)), Reader.Texts(items.Select(item => item.Grain.Key)),
        Reader.Texts(items.Select(item => item.Id)), Reader.Int64s(items.Select(item => StoredTime.From(item.At))), Reader.Int64(DatabaseTime.Of(_dueClaim)));

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> ReadNextDueAsync(CancellationToken cancellationToken)
    {
        var first = await _reader.ReadAsync("SELECT at FROM due ORDER BY at LIMIT 1", row => row.Time(0), cancellationToken).ConfigureAwait(false);
        return first.Count == 0 ? null : first[0];
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(string account, long afterSequence, int countMax, CancellationToken cancellationToken) => _reader.ReadAsync(
        """
        SELECT e.id, l.account, e.sequence, e.type, o.object, e.object_sequence, e.body, e.created_at
        FROM event_logs l JOIN events e ON e.log = l.id JOIN event_objects o ON o.id = e.object
        WHERE l.account = $1 AND e.sequence > $2 ORDER BY e.sequence LIMIT $3
        """,
        Rows.Event, cancellationToken, Reader.Text(account), Reader.Int64(afterSequence), Reader.Int64(countMax));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredEvent>> ReadObjectEventsAsync(string @object, CancellationToken cancellationToken) => _reader.ReadAsync(
        """
        SELECT e.id, l.account, e.sequence, e.type, o.object, e.object_sequence, e.body, e.created_at
        FROM event_objects o JOIN events e ON e.object = o.id JOIN event_logs l ON l.id = e.log
        WHERE o.object = $1 ORDER BY e.object_sequence
        """,
        Rows.Event, cancellationToken, Reader.Text(@object));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredTransfer>> ReadTransfersAsync(GrainRef grain, CancellationToken cancellationToken) => _reader.ReadAsync(
        """
        SELECT t.version, t.place, d.name, c.name, a.name, t.atoms, t.reason, t.created_at
        FROM grains g JOIN transfers t ON t.grain = g.id
        JOIN ledger_names d ON d.id = t.debit JOIN ledger_names c ON c.id = t.credit JOIN ledger_names a ON a.id = t.asset
        WHERE g.type = $1 AND g.key = $2 ORDER BY t.version, t.place
        """,
        row => Rows.Transfer(grain, row), cancellationToken, Reader.Text(grain.Type), Reader.Text(grain.Key));

    /// <inheritdoc/>
    /// <remarks>Debit and credit legs are summed apart, each only if its account exists: a row with a lost leg shows as a sum that is not zero.</remarks>
    public ValueTask<IReadOnlyList<LedgerTotal>> ReadLedgerTotalsAsync(CancellationToken cancellationToken) => _reader.ReadAsync(
        """
        SELECT coalesce(a.name, 'unknown:' || s.asset), s.credits - s.debits, s.count
        FROM (
            SELECT t.asset, coalesce(sum(t.atoms) FILTER (WHERE c.id IS NOT NULL), 0) AS credits,
                coalesce(sum(t.atoms) FILTER (WHERE d.id IS NOT NULL), 0) AS debits, count(*) AS count
            FROM transfers t LEFT JOIN ledger_names d ON d.id = t.debit LEFT JOIN ledger_names c ON c.id = t.credit GROUP BY t.asset) s
        LEFT JOIN ledger_names a ON a.id = s.asset ORDER BY 1
        """,
        Rows.Total, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Reads those parts of the ledger that may have the account's rows: an audit's question, not a request's.</remarks>
    public async ValueTask<Int128> ReadBalanceAsync(string account, string asset, CancellationToken cancellationToken)
    {
        var balance = await _reader.ReadAsync(
            "SELECT ledger_balance((SELECT id FROM ledger_names WHERE name = $1), (SELECT id FROM ledger_names WHERE name = $2))",
            row => row.GetFieldValue<BigInteger>(0), cancellationToken, Reader.Text(account), Reader.Text(asset)).ConfigureAwait(false);
        return checked((Int128)balance[0]);
    }

    /// <summary>Writes what was handed over, then closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 1)
        {
            return;
        }

        await _reader.CloseAsync().ConfigureAwait(false);
        await Task.Run(() => Array.ForEach(_writers, writer => writer.Close())).ConfigureAwait(false);
        await Task.WhenAll(_writers.Select(writer => Task.Run(writer.Dispose))).ConfigureAwait(false);
        await Task.Run(_registry.Dispose).ConfigureAwait(false);
        await Task.Run(_pulse.Dispose).ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
        _logger.Closed(_database.Name);
    }

    internal Task WriteAsync(GrainRef grain, Action<BatchPlan> write, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        var queued = new QueuedStatement(write);
        Add(grain, queued);
        return queued.Task;
    }

    internal ValueTask<IReadOnlyList<StoredReminder>> ReadRemindersAsync(CancellationToken cancellationToken) => _reader.ReadAsync(
        "SELECT grain_type, grain_key, name, start_at, period FROM reminders ORDER BY grain_type, grain_key, name", Rows.Reminder, cancellationToken);

    /// <summary>A grain's writes keep their order: as long as one of them is under way, all go to the same writer.</summary>
    private void Add(GrainRef grain, IPlannedWrite write)
    {
        var lane = _lanes.Enter(grain.Key);
        write.Lane = lane;
        try
        {
            _writers[lane.Writer].Add(write);
        }
        catch (StoreUnavailableException)
        {
            lane.Leave();
            throw;
        }
    }

    /// <summary>What was handed over before and decides this one, though another writer may have it: the sender of its message, a rival for its key.</summary>
    private Task? Before(Commit commit)
    {
        var sender = commit.Consumes is { } id ? _sending.GetValueOrDefault((id.Source, id.Version)) : null;
        var rival = commit.Answer is { } answer ? _answering.GetValueOrDefault((answer.Scope, answer.Key)) : null;
        return sender is null ? rival : rival is null ? sender : Task.WhenAll(sender, rival);
    }

    private static void Remember<TKey>(ConcurrentDictionary<TKey, Task> open, TKey key, Task task)
        where TKey : notnull
    {
        open[key] = task;
        _ = task.ContinueWith(
            static (done, state) =>
            {
                var (all, mine) = ((ConcurrentDictionary<TKey, Task>, TKey))state!;
                _ = all.TryRemove(new KeyValuePair<TKey, Task>(mine, done));
            },
            (open, key), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
