using AgentPay.Storage.Contract;

namespace AgentPay.Storage.Sqlite.Writing;

/// <summary>A grain's row as the writer knows it: read once, changed in memory, written once a batch.</summary>
internal sealed class GrainRow(string type, string key, long keyHash)
{
    internal string Type => type;

    internal string Key => key;

    internal long KeyHash => keyHash;

    /// <summary>The number other tables know it by; 0 as long as the grain has no row.</summary>
    internal long Number { get; set; }

    internal long Version { get; set; }

    /// <summary>The version in the file; 0 for none.</summary>
    internal long StoredVersion { get; set; }

    internal long? LastTransfer { get; set; }

    /// <summary>Events of the object that this grain is, and the newest of them.</summary>
    internal long Events { get; set; }

    internal long? LastEvent { get; set; }

    /// <summary>The newest decision that won in this batch; null when none did.</summary>
    internal Commit? Newest { get; set; }

    /// <summary>It is among the rows this batch writes.</summary>
    internal bool Changed { get; set; }

    /// <summary>A grain of another type with the same key; null for none.</summary>
    internal GrainRow? Namesake { get; init; }
}
