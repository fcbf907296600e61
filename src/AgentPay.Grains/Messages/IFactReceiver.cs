using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Messages;

/// <summary>A grain that is told facts by other grains.</summary>
[Alias("agentpay.IFactReceiver")]
public interface IFactReceiver : IGrainWithStringKey
{
    /// <summary>Takes a fact in, durably. A repeated one changes nothing.</summary>
    /// <returns>True when the message was consumed by a commit; false when there was nothing to change, so the caller removes it.</returns>
    [Alias("Receive")]
    Task<bool> ReceiveAsync(FactEnvelope envelope);
}

/// <summary>A fact on its way, with the name that makes it count once.</summary>
/// <param name="Fact">What happened.</param>
/// <param name="Source">Who says so.</param>
/// <param name="Version">The version of the source's state that said it.</param>
/// <param name="Index">Which of that decision's messages.</param>
[GenerateSerializer, Immutable, Alias("agentpay.FactEnvelope")]
public sealed record FactEnvelope([property: Id(0)] Fact Fact, [property: Id(1)] GrainRef Source, [property: Id(2)] long Version, [property: Id(3)] int Index)
{
    /// <summary>The message's name.</summary>
    public MessageId MessageId => new(Source, Version, Index);
}
