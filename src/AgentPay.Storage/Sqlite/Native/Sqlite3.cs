using System.Runtime.InteropServices;

namespace AgentPay.Storage.Sqlite.Native;

/// <summary>The part of SQLite's C interface that is used (sqlite.org/c3ref). Calls too short to matter to the collector skip its transition.</summary>
internal static unsafe partial class Sqlite3
{
    internal const string Library = "sqlite3-system";

    internal const int OpenReadOnly = 0x1;
    internal const int OpenReadWrite = 0x2;
    internal const int OpenCreate = 0x4;
    internal const int OpenNoMutex = 0x8000;

    /// <summary>SQLITE_CHECKPOINT_PASSIVE: copies what it can without waiting for anybody.</summary>
    internal const int CheckpointPassive = 0;

    /// <summary>The statement lives long: SQLite may spend more on preparing it.</summary>
    internal const uint PreparePersistent = 0x1;

    /// <summary>SQLITE_TRANSIENT: SQLite copies what is bound before the call returns.</summary>
    internal const nint Transient = -1;

    [LibraryImport(Library, EntryPoint = "sqlite3_libversion_number")]
    internal static partial int VersionNumber();

    [LibraryImport(Library, EntryPoint = "sqlite3_open_v2", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, out DatabaseHandle database, int flags, nint vfs);

    [LibraryImport(Library, EntryPoint = "sqlite3_close_v2")]
    internal static partial int Close(nint database);

    [LibraryImport(Library, EntryPoint = "sqlite3_extended_result_codes")]
    internal static partial int ExtendedResultCodes(DatabaseHandle database, int on);

    [LibraryImport(Library, EntryPoint = "sqlite3_extended_errcode")]
    internal static partial int ExtendedErrorCode(DatabaseHandle database);

    [LibraryImport(Library, EntryPoint = "sqlite3_errmsg")]
    internal static partial nint ErrorMessage(DatabaseHandle database);

    [LibraryImport(Library, EntryPoint = "sqlite3_busy_timeout")]
    internal static partial int BusyTimeout(DatabaseHandle database, int milliseconds);

    [LibraryImport(Library, EntryPoint = "sqlite3_get_autocommit")]
    internal static partial int GetAutocommit(DatabaseHandle database);

    [LibraryImport(Library, EntryPoint = "sqlite3_wal_hook")]
    internal static partial nint WalHook(DatabaseHandle database, delegate* unmanaged<nint, nint, nint, int, int> hook, nint argument);

    [LibraryImport(Library, EntryPoint = "sqlite3_wal_checkpoint_v2")]
    internal static partial int WalCheckpoint(DatabaseHandle database, nint name, int mode, out int logPages, out int copiedPages);

    [LibraryImport(Library, EntryPoint = "sqlite3_changes")]
    internal static partial int Changes(DatabaseHandle database);

    [LibraryImport(Library, EntryPoint = "sqlite3_exec", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Execute(DatabaseHandle database, string sql, nint callback, nint argument, nint message);

    [LibraryImport(Library, EntryPoint = "sqlite3_prepare_v3")]
    internal static partial int Prepare(DatabaseHandle database, byte* sql, int bytes, uint flags, out StatementHandle statement, nint tail);

    [LibraryImport(Library, EntryPoint = "sqlite3_finalize")]
    internal static partial int Finalize(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_step")]
    internal static partial int Step(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_reset")]
    internal static partial int Reset(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_int64")]
    [SuppressGCTransition]
    internal static partial int BindInt64(nint statement, int index, long value);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_null")]
    [SuppressGCTransition]
    internal static partial int BindNull(nint statement, int index);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_text")]
    internal static partial int BindText(nint statement, int index, byte* value, int bytes, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_bind_blob")]
    internal static partial int BindBlob(nint statement, int index, byte* value, int bytes, nint destructor);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_int64")]
    [SuppressGCTransition]
    internal static partial long ColumnInt64(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_type")]
    [SuppressGCTransition]
    internal static partial int ColumnType(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_blob")]
    internal static partial byte* ColumnBlob(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_bytes")]
    [SuppressGCTransition]
    internal static partial int ColumnBytes(nint statement, int column);
}
