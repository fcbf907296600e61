namespace AgentPay.Storage.Postgres;

/// <summary>How a PostgreSQL store is opened.</summary>
public sealed record PostgresStoreOptions
{
    /// <summary>Where the database is, in Npgsql's words: <c>Host=…;Database=…;Username=…</c>.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Connections at the same time, those that write included; 4 to 100.</summary>
    public int ConnectionsMax { get; init; } = 16;

    /// <summary>Connections that write, each for its own share of the grains; 1 or 2.</summary>
    public int Writers { get; init; } = 2;
}
