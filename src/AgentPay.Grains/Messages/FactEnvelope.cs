using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Messages;

/// <summary>A fact on its way, with the name that makes it count once.</summary>
/// <param name="Fact">What happened.</param>
/// <param name="Source">Who says so.</param>
/// <param name="Version">The version of the source's state that said it.</param>
/// <param name="Index">Which of that decision's messages.</param>
/// <param name="IsEarly">It is told before the commit that says it is durable: it counts only with that commit.</param>
[GenerateSerializer, Immutable, Alias("agentpay.FactEnvelope")]
public sealed record FactEnvelope(
    [property: Id(0)] Fact Fact, [property: Id(1)] GrainRef Source, [property: Id(2)] long Version, [property: Id(3)] int Index, [property: Id(4)] bool IsEarly = false)
{
    // Stays in this process, where an early message was sent and is taken.
    [NonSerialized]
    private readonly CommitFate? said;

    /// <summary>Told early, before the commit of this fate is durable.</summary>
    internal static FactEnvelope Early(Fact fact, MessageId id, CommitFate said) => new(fact, id.Source, id.Version, id.Index, isEarly: true, said);

    private FactEnvelope(Fact fact, GrainRef source, long version, int index, bool isEarly, CommitFate said)
        : this(fact, source, version, index, isEarly) => this.said = said;

    /// <summary>What a decision on this fact consumes.</summary>
    internal Consumption Consumption
    {
        get
        {
            Invariant.That(!IsEarly || said is not null, "A message is told early in the process that sends it only.");
            return new Consumption(new MessageId(Source, Version, Index), said);
        }
    }
}

/// <summary>A message that a decision consumes.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Said">The commit that sends it, while that is not durable; else null.</param>
public readonly record struct Consumption(MessageId Id, CommitFate? Said = null);
