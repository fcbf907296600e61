using AgentPay.Storage.Contract;
using AgentPay.Storage.Postgres.Processes;
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

    /// <summary>
    /// Whoever waits for an outcome nobody can read back is told 503 after this long, and so is whoever waits behind. It is no guess: what was
    /// decided on the batch fails with it, its grains read their rows again, and these hold the truth as soon as anything can be read at all.
    /// </summary>
    private static readonly TimeSpan _doubtMax = TimeSpan.FromSeconds(1);

    /// <summary>Asked for so long, a server's process that still holds the transaction open is ended.</summary>
    private static readonly TimeSpan _hangMax = TimeSpan.FromMilliseconds(500);

    /// <summary>A writer that failed asks by itself whether the database is back: without health nobody may send it a write.</summary>
    private static readonly TimeSpan _probePause = TimeSpan.FromMilliseconds(500);

    private readonly PostgresDatabase _database;
    private readonly ProcessRegistry _registry;
    private readonly SharedMemory _memory;
    private readonly int _place;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly BatchOutcomes _outcomes;
    private readonly WriteQueue<IPlannedWrite> _queue;
    private readonly ManualResetEventSlim _stopping = new();
    private readonly ITimer _probe;
    private readonly Thread _thread;
    private BatchSession? _session;
    private long _batches;
    private bool _onFacts;
    private bool _reached;

    internal PostgresWriter(PostgresDatabase database, ProcessRegistry registry, SharedMemory memory, int place, TimeProvider clock, ILogger logger)
    {
        _database = database;
        _registry = registry;
        _memory = memory;
        _place = place;
        _clock = clock;
        _logger = logger;
        _outcomes = new BatchOutcomes(clock, logger);
        _queue = new WriteQueue<IPlannedWrite>(clock);
        _probe = clock.CreateTimer(_ => Probe(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _thread = new Thread(Run) { IsBackground = true, Name = "agentpay-store-writer" };
        _thread.Start();
    }

    internal StoreWriteFailure? LastFailure => _outcomes.LastFailure;

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
            _outcomes.Failed.Told(_queue.LastTicket);
            _outcomes.Failed.Forget(batch[^1].Ticket);
            if (batch.Count > 1)
            {
                _queue.Gather();
            }

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
                // Nothing of this attempt is in the database, or nobody can tell: that is failed, never tried again.
                var kind = Failures.KindOf(failure, connectionIsOpen: _session?.IsOpen ?? false);
                if (kind == FailureKind.Rival && ++rivals <= RivalsMax && TryRollback(static session => session.RollbackAfterRival()))
                {
                    _onFacts = true;
                }
                else if (kind == FailureKind.ConnectionLost && _reached && !again)
                {
                    again = true;
                    CloseSession();
                }
                else if (kind == FailureKind.OneRow && writes.Count > 1 && TryRollback(static session => session.Rollback()))
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
        if (_session is not null && _session.Memory != _memory.Current)
        {
            _session.Dispose();
            _session = null;
        }

        _reached = _session is not null;
        if (_session is null)
        {
            // Taken before the connection is: what is known of a server that is lost meanwhile is then not kept.
            var memory = _memory.Current;
            _session = new BatchSession(_database.OpenWriter(), _outcomes.Failed, memory);
        }

        _reached = true;
        var mark = new BatchMark(_registry.Process ?? throw new StoreUnavailableException("This process was taken for dead and is registering anew."), _place, ++_batches);
        if (_session.Prepare(writes, mark, _onFacts) is not { } plan)
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
            if (!ReadBack(_session.BackendId, transactionId, mark, failure))
            {
                throw;
            }

            plan.Confirm();
        }

        // Losers are the trace of a rival: as long as there are some, the next batch asks first.
        _onFacts = plan.Losers > 0;
        _outcomes.Complete(writes, plan.Losers);
        return true;
    }

    private void Fail(List<IPlannedWrite> writes, Exception failure)
    {
        _ = _probe.Change(_probePause, Timeout.InfiniteTimeSpan);
        _outcomes.Fail(writes, failure);
    }

    /// <summary>A write of nothing but its mark: it needs a database that answers and lets this process write.</summary>
    internal void Probe()
    {
        try
        {
            _queue.Add(new QueuedStatement(static plan => plan.Probes = true));
        }
        catch (StoreUnavailableException)
        {
            // Closed meanwhile: nobody asks any more.
            return;
        }
    }

    private bool TryRollback(Action<BatchSession> rollback)
    {
        if (_session is null)
        {
            return false;
        }

        try
        {
            rollback(_session);
            return true;
        }
        catch (Exception failure) when (failure is NpgsqlException or InvalidOperationException)
        {
            CloseSession();
            return false;
        }
    }

    /// <summary>After a failure: the next connection may be to another server, so nothing is taken over from this one.</summary>
    private void CloseSession()
    {
        if (_session is not null)
        {
            _memory.Renew();
            _session.Dispose();
            _session = null;
        }
    }

    private bool ReadBack(int backendId, string transactionId, BatchMark mark, Exception commitFailure)
    {
        CloseSession();
        var since = _clock.GetTimestamp();
        for (var hangs = false; ;)
        {
            try
            {
                using var connection = _database.OpenWriter();
                if (CommitOutcome.Read(connection, transactionId, mark) is { } durable)
                {
                    _logger.TransactionResolved(transactionId, durable, commitFailure);
                    return durable;
                }

                if (!hangs && _clock.GetElapsedTime(since) > _hangMax)
                {
                    hangs = true;
                    CommitOutcome.EndBackend(connection, backendId, transactionId);
                }
            }
            catch (Exception failure) when (failure is NpgsqlException or StoreUnavailableException)
            {
                _logger.TransactionUnknown(transactionId, failure);
            }

            if (_stopping.IsSet || _clock.GetElapsedTime(since) > _doubtMax)
            {
                throw new StoreUnavailableException("The outcome of the last batch could not be read back; its rows will tell.", commitFailure);
            }

            _clock.Wait(_readBackPause, _stopping.WaitHandle);
        }
    }
}
