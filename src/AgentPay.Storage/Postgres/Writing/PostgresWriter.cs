using AgentPay.Storage.Contract;
using AgentPay.Storage.Writing;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>A thread that writes its share of the grains: a batch, its COMMIT, its answers, and again.</summary>
internal sealed class PostgresWriter : IDisposable
{
    /// <summary>How often a batch is planned again because a rival was first; each time a rival's commit went through.</summary>
    private const int RivalsMax = 50;

    /// <summary>How long to wait before an outcome that could not be read back is asked for again.</summary>
    private static readonly TimeSpan _readBackPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Asked so often, a server's process that still holds the transaction open is ended.</summary>
    private const int AskedMax = 20;

    /// <summary>A writer that failed asks by itself whether the database is back: without health nobody may send it a write.</summary>
    private static readonly TimeSpan _probePause = TimeSpan.FromMilliseconds(500);

    private readonly PostgresDatabase _database;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly FailedDecisions _failed = new();
    private readonly WriteQueue<IPlannedWrite> _queue;
    private readonly ManualResetEventSlim _stopping = new();
    private readonly ITimer _probe;
    private readonly Thread _thread;
    private BatchSession? _session;
    private bool _onFacts;
    private bool _reached;

    internal PostgresWriter(PostgresDatabase database, TimeProvider clock, ILogger logger)
    {
        _database = database;
        _clock = clock;
        _logger = logger;
        _queue = new WriteQueue<IPlannedWrite>(clock);
        _probe = clock.CreateTimer(_ => Probe(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _thread = new Thread(Run) { IsBackground = true, Name = "agentpay-store-writer" };
        _thread.Start();
    }

    internal StoreWriteFailure? LastFailure { get; private set; }

    internal TimeSpan Lag => _queue.Lag;

    internal void Add(IPlannedWrite write) => _queue.Add(write);

    /// <summary>Takes no more, and returns at once; <see cref="Dispose"/> waits for what was handed over.</summary>
    internal void Close() => _queue.Close();

    /// <summary>Writes what waits, then ends.</summary>
    public void Dispose()
    {
        _queue.Close();
        _stopping.Set();
        _thread.Join();
        _probe.Dispose();
        _stopping.Dispose();
    }

    private void Run()
    {
        var batch = new List<IPlannedWrite>(StoreLimits.BatchCommitsMax);
        while (_queue.Take(batch))
        {
            if (batch[0].After is { IsCompleted: false } after)
            {
                _ = Task.WaitAny(after);
            }

            Write(batch);
            _failed.Told(_queue.LastTicket);
            _failed.Forget(batch[^1].Ticket);
            batch.Clear();
        }

        _session?.Dispose();
    }

    private void Write(List<IPlannedWrite> writes)
    {
        var again = false;
        for (var rivals = 0; ;)
        {
            try
            {
                if (Attempt(writes))
                {
                    return;
                }

                if (++rivals > RivalsMax)
                {
                    Fail(writes, new TimeoutException("Other processes changed the same rows each time."));
                    return;
                }
            }
            catch (Exception failure)
            {
                // Nothing of this attempt is in the database: an outcome in doubt never gets here.
                var kind = Failures.KindOf(failure, connectionIsOpen: _session?.IsOpen ?? false);
                if (kind == FailureKind.Rival && ++rivals <= RivalsMax && TryRollback())
                {
                    _onFacts = true;
                }
                else if (kind == FailureKind.ConnectionLost && _reached && !again)
                {
                    again = true;
                    CloseSession();
                }
                else if (kind == FailureKind.OneRow && writes.Count > 1 && TryRollback())
                {
                    WriteOneByOne(writes);
                    return;
                }
                else
                {
                    CloseSession();
                    Fail(writes, failure);
                    return;
                }
            }
        }
    }

    /// <summary>One write that the database cannot hold must not take its neighbours along.</summary>
    private void WriteOneByOne(List<IPlannedWrite> writes)
    {
        foreach (var write in writes)
        {
            Write([write]);
        }
    }

    /// <returns>False: a rival was first, or the plan needs facts; nothing was written.</returns>
    private bool Attempt(List<IPlannedWrite> writes)
    {
        _reached = _session is not null;
        _session ??= new BatchSession(_database.OpenWriter(), _failed);
        _reached = true;
        if (_session.Prepare(writes, _onFacts) is not { } plan)
        {
            _onFacts = true;
            return false;
        }

        var transactionId = _session.TransactionId;
        try
        {
            _session.Commit(plan);
        }
        catch (Exception failure) when (transactionId is not null && !_session.IsOpen)
        {
            if (!ReadBack(_session.BackendId, transactionId, failure))
            {
                throw;
            }

            plan.Confirm();
        }

        // Losers are the trace of a rival: as long as there are some, the next batch asks first.
        _onFacts = plan.Losers > 0;
        Complete(writes, plan.Losers);
        return true;
    }

    private void Complete(List<IPlannedWrite> writes, int losers)
    {
        if (LastFailure is not null)
        {
            LastFailure = null;
            _logger.WritesAgain();
        }

        StoreMetrics.BatchCommits.Record(writes.Count);
        StoreMetrics.Conflicts.Add(losers);
        var measured = StoreMetrics.CommitDuration.Enabled;
        foreach (var write in writes)
        {
            if (measured)
            {
                StoreMetrics.CommitDuration.Record(_clock.GetElapsedTime(write.QueuedAt).TotalSeconds);
            }

            write.Complete();
        }
    }

    private void Fail(List<IPlannedWrite> writes, Exception failure)
    {
        LastFailure = new StoreWriteFailure(failure.Message, _clock.GetUtcNow());
        StoreMetrics.Failures.Add(1);
        _logger.BatchFailed(writes.Count, failure);
        _ = _probe.Change(_probePause, Timeout.InfiniteTimeSpan);
        foreach (var write in writes)
        {
            if (write is QueuedCommit { Commit: { Chain: null } commit })
            {
                _failed.Add(commit.Grain, commit.ExpectedVersion);
            }

            write.Fail(new StoreUnavailableException($"The store could not write: {failure.Message}", failure));
        }
    }

    /// <summary>A write of nothing: it needs a connection that answers.</summary>
    private void Probe()
    {
        try
        {
            _queue.Add(new QueuedStatement(static _ => { }));
        }
        catch (StoreUnavailableException)
        {
            // Closed meanwhile: nobody asks any more.
            return;
        }
    }

    private bool TryRollback()
    {
        try
        {
            _session?.Rollback();
            return _session is not null;
        }
        catch (Exception failure) when (failure is NpgsqlException or InvalidOperationException)
        {
            CloseSession();
            return false;
        }
    }

    private void CloseSession()
    {
        _session?.Dispose();
        _session = null;
    }

    private bool ReadBack(int backendId, string transactionId, Exception commitFailure)
    {
        CloseSession();
        for (var asked = 1; ; asked++)
        {
            try
            {
                using var connection = _database.OpenWriter();
                if (CommitOutcome.Read(connection, transactionId) is { } durable)
                {
                    _logger.TransactionResolved(transactionId, durable, commitFailure);
                    return durable;
                }

                if (asked == AskedMax)
                {
                    CommitOutcome.EndBackend(connection, backendId, transactionId);
                }
            }
            catch (Exception failure) when (failure is NpgsqlException or StoreUnavailableException)
            {
                _logger.TransactionUnknown(transactionId, failure);
            }

            if (_stopping.IsSet)
            {
                // Nobody is told a success; whoever reads the rows finds the truth in them.
                throw new StoreUnavailableException("The store was closed before the outcome of its last batch was known.", commitFailure);
            }

            Pause();
        }
    }

    private void Pause()
    {
        using var over = new ManualResetEventSlim();
        using var timer = _clock.CreateTimer(static state => ((ManualResetEventSlim)state!).Set(), over, _readBackPause, Timeout.InfiniteTimeSpan);
        _ = WaitHandle.WaitAny([over.WaitHandle, _stopping.WaitHandle]);
    }
}
