using AgentPay.Storage.Contract;
using Microsoft.Extensions.Logging;

namespace AgentPay.Storage.Writing;

/// <summary>How a writer tells those who wait what became of their batch, and what it remembers of it.</summary>
internal sealed class BatchOutcomes(TimeProvider clock, ILogger logger)
{
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
        LastFailure = new StoreWriteFailure(failure.Message, clock.GetUtcNow());
        StoreMetrics.Failures.Add(1);
        logger.BatchFailed(writes.Count, failure);
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
}
