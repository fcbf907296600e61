using System.ComponentModel.DataAnnotations;
using AgentPay.Storage.Contract;

namespace AgentPay.Grains.Facilitator;

/// <summary>Settings under <c>AgentPay:Facilitator</c>.</summary>
public sealed class FacilitatorSettings
{
    /// <summary>How long a settle request waits for its outcome before it answers <c>settlement_pending</c>, in seconds: 1 to 80 (clients give up at 90).</summary>
    [Range(1, 80)]
    public int SettleWaitSeconds { get; set; } = 60;

    /// <summary>Failed settlements of one payer, each of which cost gas, within ten minutes before it has to wait: 1 to 1,000.</summary>
    [Range(1, 1_000)]
    public int PayerFailuresMax { get; set; } = 3;

    /// <summary>Payments of one payer that may be undecided at once while none failed, beside one more for each that was paid within ten minutes: 1 to 1,000,000.</summary>
    [Range(1, 1_000_000)]
    public int PayerUndecidedMax { get; set; } = 256;

    /// <summary>Refused requests of one caller within a minute before it has to wait: 10 to 1,000,000.</summary>
    [Range(10, 1_000_000)]
    public int CallerFailuresMax { get; set; } = 10_000;
}

/// <summary>Who this process is, to other processes on the same store.</summary>
/// <param name="neighbours">The others.</param>
public sealed class ProcessIdentity(INeighbours neighbours)
{
    /// <summary>New at every start.</summary>
    public string Id => neighbours.Self;

    /// <summary>No other process works on the store now, so every other id is of one that is gone.</summary>
    public bool IsAlone => neighbours.Solitude != 0;

    /// <summary>True when the process of that id ended, or was taken for dead. It is asked after what it left was read, so that one that came since is not taken for gone.</summary>
    /// <exception cref="StoreUnavailableException">Nobody knows now.</exception>
    public ValueTask<bool> IsGoneAsync(string process, CancellationToken cancellationToken) => neighbours.IsGoneAsync(process, cancellationToken);
}
