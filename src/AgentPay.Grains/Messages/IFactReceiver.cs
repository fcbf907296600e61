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
