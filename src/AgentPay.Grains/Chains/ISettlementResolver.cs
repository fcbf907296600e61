using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Chains;

/// <summary>Finds out from the chain what became of an authorization nobody can tell the fate of, and reports it to its grain.</summary>
public interface ISettlementResolver
{
    /// <summary>Starts looking; the answer comes back to the grain as a command. May be called again while it looks.</summary>
    void Resolve(Settlement settlement);
}
