using System.Diagnostics.Metrics;

namespace AgentPay.Storage.Writing;

/// <summary>The store's instruments, on the engine's meter.</summary>
internal static class StoreMetrics
{
    private static readonly Meter _meter = new("AgentPay");

    internal static readonly Histogram<double> CommitDuration =
        _meter.CreateHistogram<double>("agentpay.store.commit.duration", "s", "From handing a write over until it is durable.");

    internal static readonly Histogram<long> BatchCommits =
        _meter.CreateHistogram<long>("agentpay.store.batch.commits", "{commit}", "Writes in one database transaction.");

    internal static readonly Counter<long> Conflicts =
        _meter.CreateCounter<long>("agentpay.store.conflicts", "{commit}", "Commits of which nothing was written because another was first.");

    internal static readonly Counter<long> Failures =
        _meter.CreateCounter<long>("agentpay.store.failures", "{batch}", "Transactions that failed as a whole.");

    internal static readonly KeyValuePair<string, object?> Apply = new("phase", "apply");
    internal static readonly KeyValuePair<string, object?> Sync = new("phase", "commit");
    internal static readonly KeyValuePair<string, object?> Tell = new("phase", "answer");
    internal static readonly KeyValuePair<string, object?> CheckpointRest = new("phase", "checkpoint_rest");
    internal static readonly KeyValuePair<string, object?> CheckpointBeside = new("phase", "checkpoint");

    /// <summary>A batch's phases on SQLite, and its checkpoints.</summary>
    internal static readonly Histogram<double> BatchPhase =
        _meter.CreateHistogram<double>("agentpay.store.batch.phase", "s", "What a batch's time went into: apply, commit, answer, checkpoint_rest; checkpoint runs beside the writer. SQLite only.");
}
