namespace AgentPay.Storage.Sqlite;

/// <summary>How a SQLite store is opened.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The database file; made when it does not exist, in a folder that does.</summary>
    public required string Path { get; init; }

    /// <summary>Connections that read at the same time, 1 to 64.</summary>
    public int Readers { get; init; } = 4;

    /// <summary>Pages the file may grow to, as a full disk would stop it; null for no limit. Tests use it.</summary>
    internal long? PagesMax { get; init; }
}
