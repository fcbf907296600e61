using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Postgres.Writing;

/// <summary>What the database says about the grains, messages and answers a batch speaks of; the grains' rows are locked until it ends.</summary>
internal sealed class BatchFacts
{
    /// <summary>Versions of the grains that have a row.</summary>
    internal Dictionary<GrainRef, long> Versions { get; } = [];

    /// <summary>Messages to consume that wait.</summary>
    internal HashSet<MessageId> Waiting { get; } = [];

    /// <summary>The epochs of the resources its commits need.</summary>
    internal Dictionary<string, long> Epochs { get; } = new(StringComparer.Ordinal);

    /// <summary>When the stored answer of a key expires, in microseconds.</summary>
    internal Dictionary<(string Scope, string Key), long> Answers { get; } = [];
}
