using AgentPay.Storage.Sqlite.Native;

namespace AgentPay.Storage.Sqlite;

/// <summary>Opens connections to the store's file with the settings they need.</summary>
internal static class SqliteFile
{
    /// <summary>How long a call waits for a lock that a foreign tool holds (a backup, a shell) before the write is refused.</summary>
    private static readonly TimeSpan _busyTimeout = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// synchronous=FULL syncs the log at each commit, so an acknowledged commit survives a power cut. Checkpoints are the writer's
    /// (<see cref="Writing.LogCheckpoints"/>), so this connection makes none by itself.
    /// </summary>
    internal static SqliteConnection OpenWriter(SqliteStoreOptions options)
    {
        var connection = SqliteConnection.Open(options.Path, Sqlite3.OpenReadWrite | Sqlite3.OpenCreate, _busyTimeout, TextHash.OfBits(options.HashBits));
        try
        {
            connection.Execute("PRAGMA page_size = 4096");
            if (connection.ReadText("PRAGMA journal_mode = WAL") is not "wal")
            {
                throw new SqliteException("SQLite: this file system does not allow a write-ahead log.", SqliteCode.Constraint);
            }

            connection.Execute("""
                PRAGMA synchronous = FULL;
                PRAGMA foreign_keys = OFF;
                PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = -131072;
                PRAGMA wal_autocheckpoint = 0;
                PRAGMA journal_size_limit = 268435456;
                """);
            connection.WatchLog();
            if (options.PagesMax is { } pages)
            {
                connection.Execute($"PRAGMA max_page_count = {pages}");
            }

            return connection;
        }
        catch (SqliteException)
        {
            connection.Dispose();
            throw;
        }
    }

    internal static SqliteConnection OpenReader(SqliteStoreOptions options)
    {
        var connection = SqliteConnection.Open(options.Path, Sqlite3.OpenReadOnly, _busyTimeout, TextHash.OfBits(options.HashBits));
        try
        {
            connection.Execute("PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY; PRAGMA query_only = ON");
            return connection;
        }
        catch (SqliteException)
        {
            connection.Dispose();
            throw;
        }
    }
}
