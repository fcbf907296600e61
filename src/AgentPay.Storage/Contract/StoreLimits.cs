namespace AgentPay.Storage.Contract;

/// <summary>The store's limits, named once.</summary>
public static class StoreLimits
{
    /// <summary>Commits written in one database transaction, at most.</summary>
    public const int BatchCommitsMax = 1_000;

    /// <summary>Event logs for work without an account; an object's events always share one.</summary>
    public const int EventShards = 16;

    /// <summary>A grain's stored state, in bytes.</summary>
    public const int StateBytesMax = 1 << 20;
}
