using System.Collections.Concurrent;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Promises;

/// <summary>A payment, what was asked for with it, and what its buyer got.</summary>
internal sealed class Purchase(Payment payment)
{
    public Payment Payment => payment;

    public string Header { get; } = payment.Header;

    /// <summary>Everything that was asked for with it, of which one may be served.</summary>
    public ConcurrentDictionary<string, bool> Resources { get; } = new();

    /// <summary>For each time something was served, the transaction of the receipt.</summary>
    public ConcurrentQueue<string> Grants { get; } = new();

    /// <summary>A buyer was told to come again.</summary>
    public bool WasUntold { get; set; }
}
