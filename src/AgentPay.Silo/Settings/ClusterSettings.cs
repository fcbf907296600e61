using System.ComponentModel.DataAnnotations;

namespace AgentPay.Silo.Settings;

/// <summary>Settings under <c>AgentPay:Cluster</c>: how this process finds the others. Used by the Orleans build; the embedded one has no cluster.</summary>
internal sealed class ClusterSettings
{
    /// <summary>Where members are kept: <c>AdoNet</c> (the engine's database) or <c>Kubernetes</c> (the same, and the cluster's own word on which pods live).</summary>
    public string Membership { get; set; } = nameof(ClusterMembership.AdoNet);

    /// <summary>Silos of one name on one database are one cluster.</summary>
    public string Name { get; set; } = "agentpay";

    /// <summary>The IP address other processes reach this one at; empty: the machine's own.</summary>
    public string Address { get; set; } = "";

    /// <summary>Where other silos call this one; 0 takes a free port.</summary>
    [Range(0, 65_535)]
    public int SiloPort { get; set; } = 11_111;

    /// <summary>Where <c>api</c> processes call this one; 0 takes a free port.</summary>
    [Range(0, 65_535)]
    public int GatewayPort { get; set; } = 30_000;
}

/// <summary>Who says which silos live (docs/decisions/0010-cluster.md).</summary>
internal enum ClusterMembership
{
    /// <summary>The silos themselves, in a table of the engine's database.</summary>
    AdoNet,

    /// <summary>The same, and Kubernetes, which knows at once that a pod is gone.</summary>
    Kubernetes,
}
