namespace AgentPay.Storage.Sqlite.Native;

/// <summary>SQLite refused a call. <see cref="ExtendedCode"/> is its extended result code; the primary code is its low byte.</summary>
internal sealed class SqliteException(string message, int extendedCode) : Exception(message)
{
    internal int ExtendedCode { get; } = extendedCode;

    internal int Code => ExtendedCode & 0xFF;

    /// <summary>What was written is there to read, and may never reach the disk.</summary>
    internal bool IsSync => ExtendedCode is SqliteCode.SyncFailed or SqliteCode.FolderSyncFailed;

    /// <summary>The fault lies in one row that was handed over, not in the file or the disk.</summary>
    internal bool IsAboutOneRow => Code is SqliteCode.Constraint or SqliteCode.TooBig or SqliteCode.Mismatch;
}
