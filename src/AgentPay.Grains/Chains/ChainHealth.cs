namespace AgentPay.Grains.Chains;

/// <summary>What one chain's worker sees, for <c>/health/connectors/{id}</c>.</summary>
/// <param name="Network">CAIP-2 network.</param>
/// <param name="State"><c>healthy</c>, <c>degraded</c> (a key cannot send, or gas is dearer than allowed) or <c>halted</c> (the node does not answer).</param>
/// <param name="Head">Height of the newest block seen; null before the first.</param>
/// <param name="HeadSeenAt">When it was seen.</param>
/// <param name="Message">What is wrong, in one sentence; null when nothing is.</param>
/// <param name="Code">The same for programs: <c>node_unavailable</c>, <c>fees_above_cap</c>, <c>signer_unfunded</c>, <c>gas_ceiling</c>, <c>chain_reset</c>, and of one that is healthy <c>gas_money_spent</c>, <c>gas_money_unfunded</c>; null when nothing is.</param>
public sealed record ChainHealth(string Network, string State, ulong? Head, DateTimeOffset? HeadSeenAt, string? Message, string? Code)
{
    /// <summary>True when payments of this chain can be settled now.</summary>
    public bool IsHealthy => State == "healthy";

    /// <summary>True while the node does not answer, or the chain was not looked at yet. One that is degraded takes payments, and other keys may send them.</summary>
    public bool IsHalted => State == "halted";
}
