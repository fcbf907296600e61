#if ORLEANS
using AgentPay.Silo.Health;

namespace AgentPay.Silo.Cluster;

/// <summary>What the cluster's members say of this silo, not what it thinks of itself: one that was declared dead is not ready.</summary>
internal sealed class MemberHealth(ISiloStatusOracle members) : ISiloHealth
{
    public SiloAnswer Look() => new(WordOf(members.CurrentStatus), members.GetApproximateSiloStatuses(onlyActive: true).Count);

    private static string WordOf(SiloStatus status) => status switch
    {
        SiloStatus.Active => SiloAnswer.Active,
        SiloStatus.None or SiloStatus.Created or SiloStatus.Joining => "joining",
        SiloStatus.ShuttingDown or SiloStatus.Stopping => "leaving",
        _ => "dead",
    };
}
#endif
