#if ORLEANS
using AgentPay.Silo.Health;

namespace AgentPay.Silo.Cluster;

/// <summary>A process without grains: it is of use as long as it reaches a silo.</summary>
internal sealed class ConnectionHealth : ISiloHealth
{
    /// <summary>Told when it changes only: the start waits for the first connection.</summary>
    private volatile int gateways = 1;

    public int Gateways
    {
        set => gateways = value;
    }

    public SiloAnswer Look() => new(gateways > 0 ? SiloAnswer.Active : "disconnected", null);
}
#endif
