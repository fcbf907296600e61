using AgentPay.Storage.Contract;
using Microsoft.Extensions.Logging;

namespace AgentPay.Storage.Writing;

/// <summary>How a writer tells those who wait what became of their batch, and what it remembers of it.</summary>
internal sealed class BatchOutcomes(TimeProvider clock, ILogger logger)
{
    /// <summary>While the database is away each request fails a batch: a line for each would hide what else is logged.</summary>
    private static readonly TimeSpan _logAgainAfter = TimeSpan.FromSeconds(10);

    private long _failsSince;
    private long _loggedAt;
    private int _unlogged;

    /// <summary>Decisions that failed, so that whatever was decided on them fails too.</summary>
    internal FailedDecisions Failed { get; } = new();

    /// <summary>Null while it writes.</summary>
    internal StoreWriteFailure? LastFailure { get; private set; }

    internal void Complete(IReadOnlyList<IQueuedWrite> writes, int losers)
    {
        if (LastFailure is not null)
        {
            LastFailure = null;
            logger.WritesAgain();
        }

        StoreMetrics.BatchCommits.Record(writes.Count);
        StoreMetrics.Conflicts.Add(losers);
        var measured = StoreMetrics.CommitDuration.Enabled;
        foreach (var write in writes)
        {
            if (measured)
            {
                StoreMetrics.CommitDuration.Record(clock.GetElapsedTime(write.QueuedAt).TotalSeconds);
            }

            write.Complete();
        }
    }

    internal void Fail(IReadOnlyList<IQueuedWrite> writes, Exception failure)
    {
        var isFirst = LastFailure is null;
        LastFailure = new StoreWriteFailure(failure.Message, clock.GetUtcNow());
        StoreMetrics.Failures.Add(1);
        Log(isFirst, writes.Count, failure);
        foreach (var write in writes)
        {
            // A chain remembers for itself that it is broken.
            if (write.Commit is { Chain: null } commit)
            {
                Failed.Add(commit.Grain, commit.ExpectedVersion);
            }

            write.Fail(new StoreUnavailableException($"The store could not write: {failure.Message}", failure));
        }
    }

    private void Log(bool isFirst, int writes, Exception failure)
    {
        var now = clock.GetTimestamp();
        if (isFirst)
        {
            (_failsSince, _loggedAt, _unlogged) = (now, now, 0);
            logger.BatchFailed(writes, failure);
            return;
        }

        _unlogged++;
        if (clock.GetElapsedTime(_loggedAt, now) >= _logAgainAfter)
        {
            logger.StillFails((long)clock.GetElapsedTime(_failsSince, now).TotalSeconds, _unlogged, failure.Message);
            (_loggedAt, _unlogged) = (now, 0);
        }
    }
}
