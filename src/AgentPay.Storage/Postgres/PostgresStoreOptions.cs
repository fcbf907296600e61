namespace AgentPay.Storage.Postgres;

/// <summary>How a PostgreSQL store is opened.</summary>
public sealed record PostgresStoreOptions
{
    /// <summary>Where the database is, in Npgsql's words: <c>Host=…;Database=…;Username=…</c>.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Connections at the same time, those that write included; 5 to 100.</summary>
    public int ConnectionsMax { get; init; } = 16;

    /// <summary>Connections that write; 1 or 2. The second one is used while many writes are under way.</summary>
    public int Writers { get; init; } = 2;

    /// <summary>From more writes under way than these a second writer has batches of its own that are worth a COMMIT.</summary>
    internal int SpreadAbove { get; init; } = 256;

    /// <summary>How long a deadline that was taken is left to its taker, in the database's time: a decision and its commit.</summary>
    internal TimeSpan DueClaim { get; init; } = TimeSpan.FromSeconds(10);
}
