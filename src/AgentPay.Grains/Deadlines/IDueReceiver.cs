namespace AgentPay.Grains.Deadlines;

/// <summary>A grain with deadlines.</summary>
[Alias("agentpay.IDueReceiver")]
public interface IDueReceiver : IGrainWithStringKey
{
    /// <summary>A deadline passed. May come twice and late; the decision it leads to clears or moves it.</summary>
    /// <returns>True when a commit cleared or moved it; false when there was nothing to change, so the caller clears it.</returns>
    [Alias("Due")]
    Task<bool> DueAsync(string id, DateTimeOffset at);
}
