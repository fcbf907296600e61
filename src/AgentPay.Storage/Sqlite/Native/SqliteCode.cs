namespace AgentPay.Storage.Sqlite.Native;

/// <summary>The SQLite result codes this store tells apart (sqlite.org/rescode.html).</summary>
internal static class SqliteCode
{
    internal const int Ok = 0;
    internal const int Constraint = 19;
    internal const int Mismatch = 20;
    internal const int TooBig = 18;

    /// <summary>SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC.</summary>
    internal const int SyncFailed = 10 | (4 << 8);
    internal const int FolderSyncFailed = 10 | (5 << 8);

    internal const int Row = 100;
    internal const int Done = 101;
}
