namespace AgentPay.Storage.Postgres.Processes;

/// <summary>
/// The times that keep processes apart. A belief is measured from before it was asked for, on this machine's steady clock, and ends before
/// the database could grant anyone the opposite.
/// </summary>
internal static class ProcessTimes
{
    /// <summary>How often a process renews what it has.</summary>
    internal static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    /// <summary>The same while it waits for a resource that another has.</summary>
    internal static readonly TimeSpan EagerBeat = TimeSpan.FromMilliseconds(250);

    /// <summary>Not seen for so long, a process may be removed, and its leases taken.</summary>
    internal static readonly TimeSpan Life = TimeSpan.FromMilliseconds(2_500);

    /// <summary>How long after a renewal was asked for a process holds itself for the holder of its leases.</summary>
    internal static readonly TimeSpan LeaseBelief = TimeSpan.FromMilliseconds(2_100);

    /// <summary>How long after it looked a process holds itself for alone.</summary>
    internal static readonly TimeSpan SolitudeBelief = TimeSpan.FromMilliseconds(1_100);

    /// <summary>How long a new process waits before it writes, when others are there: nobody believes to be alone any more.</summary>
    internal static readonly TimeSpan JoinWait = SolitudeBelief + TimeSpan.FromMilliseconds(150);
}
