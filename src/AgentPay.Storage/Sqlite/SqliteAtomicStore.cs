using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;
using AgentPay.Storage.Sqlite.Reading;
using AgentPay.Storage.Sqlite.Writing;
using AgentPay.Storage.Writing;
using Microsoft.Extensions.Logging;

namespace AgentPay.Storage.Sqlite;

/// <summary>
/// The atomic store in one SQLite file, opened by one process. Times keep microseconds, rounded down; an acknowledged commit survives
/// the end of the process and of the machine (write-ahead log, synced at each commit).
/// </summary>
public sealed class SqliteAtomicStore : IAtomicStore, IStoreHealth
{
    private readonly string _path;
    private readonly ILogger _logger;
    private readonly StoreFileLock _fileLock;
    private readonly StoreWriter _writer;
    private readonly ReaderPool _readers;
    private int _closed;

    private SqliteAtomicStore(string path, ILogger logger, StoreFileLock fileLock, StoreWriter writer, ReaderPool readers)
    {
        _path = path;
        _logger = logger;
        _fileLock = fileLock;
        _writer = writer;
        _readers = readers;
    }

    /// <inheritdoc/>
    public bool AppliesInOrder => true;

    /// <inheritdoc/>
    public StoreWriteFailure? LastWriteFailure => _writer.LastFailure;

    /// <inheritdoc/>
    public TimeSpan WriteLag => _writer.Lag;

    /// <inheritdoc/>
    /// <remarks>A file has nobody behind it who could be silent.</remarks>
    public CancellationToken Silence => CancellationToken.None;

    /// <summary>Opens the file, made when missing, and brings it to this program's schema.</summary>
    /// <exception cref="StoreUnavailableException">
    /// Another process has the file, a newer program wrote it, it is no database, the folder is missing, or SQLite is missing or too old.
    /// </exception>
    public static Task<SqliteAtomicStore> OpenAsync(SqliteStoreOptions options, TimeProvider clock, ILogger<SqliteAtomicStore> logger) =>
        Task.Run(() => Open(options, clock, logger));

    /// <summary>As <see cref="OpenAsync"/>, on the caller's thread; for a service container, whose factories are synchronous.</summary>
    /// <exception cref="StoreUnavailableException">See <see cref="OpenAsync"/>.</exception>
    public static SqliteAtomicStore Open(SqliteStoreOptions options, TimeProvider clock, ILogger<SqliteAtomicStore> logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Readers, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Readers, 64);
        var path = Path.GetFullPath(options.Path);
        path = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        var settings = options with { Path = path };
        var fileLock = StoreFileLock.Take(path);
        SqliteConnection? connection = null;
        try
        {
            LeftLog.MakeDurable(path);
            connection = SqliteFile.OpenWriter(settings);
            var applied = Migrator.Apply(connection, path, clock.GetUtcNow());
            logger.Opened(path, connection.ReadInt64("SELECT max(number) FROM schema_migrations"), applied.Count);
            var writer = new StoreWriter(connection, settings, clock, logger);
            return new SqliteAtomicStore(path, logger, fileLock, writer, new ReaderPool(settings));
        }
        catch (Exception failure)
        {
            connection?.Dispose();
            fileLock.Dispose();
            if (failure is SqliteException or IOException or UnauthorizedAccessException)
            {
                throw new StoreUnavailableException($"The store '{path}' cannot be opened: {failure.Message}", failure);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public Task<CommitResult> CommitAsync(Commit commit)
    {
        CommitRules.Check(commit);
        var write = new QueuedCommit(commit);
        _writer.Add(write);
        return write.Task;
    }

    /// <inheritdoc/>
    public Task RemoveMessageAsync(MessageId id, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.Messages.Remove(id), cancellationToken);

    /// <inheritdoc/>
    public Task ClearDueAsync(DueItem item, CancellationToken cancellationToken) =>
        WriteAsync(writer => writer.Due.Clear(item), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StoredState?> ReadAsync(GrainRef grain, CancellationToken cancellationToken) =>
        _readers.ReadAsync(grain, GrainQueries.Read, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredState?>> ReadManyAsync(IReadOnlyList<GrainRef> grains, CancellationToken cancellationToken) =>
        _readers.ReadAsync(grains, GrainQueries.ReadMany, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<long>> ReadVersionsAsync(IReadOnlyList<GrainRef> grains, CancellationToken cancellationToken) =>
        [.. (await ReadManyAsync(grains, cancellationToken).ConfigureAwait(false)).Select(state => state?.Version ?? 0)];

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredRecord>> ReadRecordsAsync(GrainRef grain, CancellationToken cancellationToken) =>
        _readers.ReadAsync(grain, RecordQueries.Read, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Answer?> ReadAnswerAsync(string scope, string key, DateTimeOffset now, CancellationToken cancellationToken) =>
        _readers.ReadAsync((scope, key, now), GrainQueries.ReadAnswer, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<WaitingMessage>> ReadWaitingMessagesAsync(DateTimeOffset sentBefore, int countMax, CancellationToken cancellationToken) =>
        _readers.ReadAsync((sentBefore, countMax), GrainQueries.ReadMessages, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DueItem>> ReadDueAsync(DateTimeOffset now, int countMax, CancellationToken cancellationToken) =>
        _readers.ReadAsync((now, countMax), GrainQueries.ReadDue, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>There is no other process to share with.</remarks>
    public ValueTask<IReadOnlyList<DueItem>> TakeDueAsync(IReadOnlyList<DueItem> items, CancellationToken cancellationToken) => ValueTask.FromResult(items);

    /// <inheritdoc/>
    public ValueTask<DateTimeOffset?> ReadNextDueAsync(CancellationToken cancellationToken) =>
        _readers.ReadAsync(0, GrainQueries.ReadNextDue, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredEvent>> ReadEventsAsync(string account, long afterSequence, int countMax, CancellationToken cancellationToken) =>
        _readers.ReadAsync((account, afterSequence, countMax), EventQueries.ReadLog, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredEvent>> ReadObjectEventsAsync(string @object, CancellationToken cancellationToken) =>
        _readers.ReadAsync(@object, EventQueries.ReadObject, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<StoredTransfer>> ReadTransfersAsync(GrainRef grain, CancellationToken cancellationToken) =>
        _readers.ReadAsync(grain, LedgerQueries.ReadTransfers, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LedgerTotal>> ReadLedgerTotalsAsync(CancellationToken cancellationToken) =>
        await Task.Run(() => _readers.ReadAsync(0, LedgerQueries.ReadTotals, cancellationToken).AsTask(), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<Int128> ReadBalanceAsync(string account, string asset, CancellationToken cancellationToken) =>
        await Task.Run(() => _readers.ReadAsync((account, asset), LedgerQueries.ReadBalance, cancellationToken).AsTask(), cancellationToken).ConfigureAwait(false);

    /// <summary>Writes what was handed over, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 1)
        {
            return;
        }

        await _readers.CloseAsync().ConfigureAwait(false);
        await Task.Run(_writer.Dispose).ConfigureAwait(false);
        if (_writer.IsHalted)
        {
            _fileLock.Keep();
        }
        else
        {
            _fileLock.Dispose();
        }

        _logger.Closed(_path);
    }

    internal Task WriteAsync(Action<BatchWriter> apply, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        var write = new QueuedStatement(apply);
        _writer.Add(write);
        return write.Task;
    }

    internal ValueTask<IReadOnlyList<StoredReminder>> ReadRemindersAsync(CancellationToken cancellationToken) =>
        _readers.ReadAsync(0, GrainQueries.ReadReminders, cancellationToken);
}
