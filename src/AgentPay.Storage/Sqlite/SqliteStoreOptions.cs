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

    /// <summary>Bits of the numbers that texts are searched by; part of a file's form. Tests take 0, which gives every text the same number.</summary>
    internal int HashBits { get; init; } = TextHash.BitsMax;

    /// <summary>Pages in the write-ahead log that start a checkpoint. Tests take few.</summary>
    internal int CheckpointPages { get; init; } = Writing.LogCheckpoints.StartPages;

    /// <summary>
    /// Changes of records, or of accounts' newest ledger rows, that are gathered before they come to their places: the more, the more of them share a page, and the more
    /// are read again at a start. Tests take few.
    /// </summary>
    internal int GatheredChanges { get; init; } = 16_384;
}
