using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite.Native;
using AgentPay.Storage.Writing;
using Microsoft.Extensions.Logging;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>The one thread that writes: a batch, its COMMIT, its answers, and again.</summary>
internal sealed class StoreWriter : IDisposable
{
    /// <summary>How long to wait before an outcome that could not be read back is asked for again.</summary>
    private static readonly TimeSpan _readBackPause = TimeSpan.FromMilliseconds(200);

    private readonly Func<SqliteConnection> _open;
    private readonly int _gatheredMin;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly BatchOutcomes _outcomes;
    private readonly WriteQueue<IAppliedWrite> _queue;
    private readonly FailedSync _failedSync;
    private readonly LogCheckpoints _checkpoints;
    private readonly ManualResetEventSlim _stopping = new();
    private readonly Thread _thread;
    private BatchWriter? _writer;
    private long _batch;

    internal StoreWriter(SqliteConnection connection, SqliteStoreOptions options, TimeProvider clock, ILogger logger)
    {
        _open = () => SqliteFile.OpenWriter(options);
        _gatheredMin = options.GatheredChanges;
        _clock = clock;
        _logger = logger;
        _outcomes = new BatchOutcomes(clock, logger);
        _queue = new WriteQueue<IAppliedWrite>(clock);
        _writer = new BatchWriter(connection, _outcomes.Failed, _gatheredMin);
        _batch = _writer.DurableBatch();
        _failedSync = new FailedSync(logger);
        _checkpoints = new LogCheckpoints(_open, options.CheckpointPages, _failedSync, logger);
        _thread = new Thread(Run) { IsBackground = true, Name = "agentpay-store-writer" };
        _thread.Start();
    }

    internal StoreWriteFailure? LastFailure => _outcomes.LastFailure;

    internal TimeSpan Lag => _queue.Lag;

    /// <summary>A sync failed: the file must not be opened again while this process lives.</summary>
    internal bool IsHalted => _failedSync.Refusal is not null;

    internal void Add(IAppliedWrite write) => _queue.Add(write);

    /// <summary>Writes what waits, then ends.</summary>
    public void Dispose()
    {
        _queue.Close();
        _stopping.Set();
        _thread.Join();
        _stopping.Dispose();
    }

    private void Run()
    {
        var batch = new List<IAppliedWrite>(StoreLimits.BatchCommitsMax);
        while (_queue.Take(batch))
        {
            Write(batch);
            _writer?.Lend(_checkpoints);
            _outcomes.Failed.Told(_queue.LastTicket);
            _outcomes.Failed.Forget(batch[^1].Ticket);
            batch.Clear();
        }

        _checkpoints.Dispose();
        GiveUpConnection();
    }

    private void Write(List<IAppliedWrite> writes)
    {
        if (_failedSync.Refusal is { } refusal)
        {
            _outcomes.Fail(writes, refusal);
            return;
        }

        var number = _batch + 1;
        var startedAt = _clock.GetTimestamp();
        BatchWriter writer;
        try
        {
            writer = _writer ??= new BatchWriter(_open(), _outcomes.Failed, _gatheredMin);
            Prepare(writer, writes, number);
        }
        catch (Exception failure)
        {
            _failedSync.Look(failure);
            if (failure is not SqliteException { IsAboutOneRow: false } && writes.Count > 1 && TryRollback())
            {
                WriteOneByOne(writes);
                return;
            }

            _ = TryRollback();
            _outcomes.Fail(writes, failure);
            return;
        }

        var appliedAt = _clock.GetTimestamp();
        try
        {
            writer.Commit();
        }
        catch (SqliteException failure)
        {
            // Read back, what a failed sync left would look as durable as the rest.
            _failedSync.Look(failure);
            if (IsHalted || !ReadBack(number, failure))
            {
                _outcomes.Fail(writes, failure);
                return;
            }
        }

        var durableAt = _clock.GetTimestamp();
        _batch = writer.Losers < writes.Count ? number : _batch;
        _outcomes.Complete(writes, writer.Losers);
        StoreMetrics.BatchPhase.Record(_clock.GetElapsedTime(startedAt, appliedAt).TotalSeconds, StoreMetrics.Apply);
        StoreMetrics.BatchPhase.Record(_clock.GetElapsedTime(appliedAt, durableAt).TotalSeconds, StoreMetrics.Sync);
        StoreMetrics.BatchPhase.Record(_clock.GetElapsedTime(durableAt).TotalSeconds, StoreMetrics.Tell);
    }

    /// <summary>One write that the database cannot hold must not take its neighbours along.</summary>
    private void WriteOneByOne(List<IAppliedWrite> writes)
    {
        foreach (var write in writes)
        {
            Write([write]);
        }
    }

    private static void Prepare(BatchWriter writer, List<IAppliedWrite> writes, long number)
    {
        writer.Begin();
        foreach (var write in writes)
        {
            write.Apply(writer);
        }

        if (writer.Losers < writes.Count)
        {
            writer.Prepare(number);
        }
    }

    /// <summary>Ends a failed transaction; a connection that cannot even do that is given up, which ends it too.</summary>
    private bool TryRollback()
    {
        try
        {
            _writer?.Rollback();
            return _writer is not null;
        }
        catch (SqliteException failure)
        {
            _failedSync.Look(failure);
            GiveUpConnection();
            return false;
        }
    }

    private void GiveUpConnection()
    {
        if (IsHalted)
        {
            _writer?.Abandon();
        }
        else
        {
            _writer?.Dispose();
        }

        _writer = null;
    }

    /// <summary>What became of a COMMIT whose reply was a failure: the number of the newest durable batch decides.</summary>
    private bool ReadBack(long number, SqliteException commitFailure)
    {
        while (true)
        {
            _ = TryRollback();
            try
            {
                _writer ??= new BatchWriter(_open(), _outcomes.Failed, _gatheredMin);
                var durable = _writer.DurableBatch() == number;
                _logger.CommitResolved(number, durable, commitFailure);
                return durable;
            }
            catch (SqliteException failure)
            {
                _failedSync.Look(failure);
                _logger.CommitUnknown(number, failure);
                GiveUpConnection();
                if (_stopping.IsSet || IsHalted)
                {
                    // Nobody is told a success; the next to open the file finds the truth in it.
                    return false;
                }
            }

            _clock.Wait(_readBackPause, _stopping.WaitHandle);
        }
    }
}
