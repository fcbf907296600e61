namespace AgentPay.Storage.Contract;

/// <summary>What an operator, and the readiness check, may ask a store about its writes.</summary>
public interface IStoreHealth
{
    /// <summary>The failure of the newest write; null when it succeeded, or nothing was written yet.</summary>
    StoreWriteFailure? LastWriteFailure { get; }

    /// <summary>How long the oldest write that is not yet answered has waited; zero when none waits.</summary>
    TimeSpan WriteLag { get; }

    /// <summary>
    /// Cancelled while the database answers nothing, silent or gone, within a second; another one after it has answered again. What waits for it may be given up: its
    /// outcome is not known.
    /// </summary>
    CancellationToken Silence { get; }
}

/// <summary>A write that failed.</summary>
/// <param name="Reason">Why, in the database's words.</param>
/// <param name="At">When, UTC.</param>
public sealed record StoreWriteFailure(string Reason, DateTimeOffset At);
