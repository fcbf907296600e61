using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace AgentPay.Storage.Sqlite.Native;

/// <summary>One connection, used by one thread at a time. Statements are prepared once and kept until it closes.</summary>
internal sealed unsafe class SqliteConnection : IDisposable
{
    private readonly DatabaseHandle _database;
    private int* _logPages;
    private readonly Dictionary<string, SqliteStatement> _kept = new(ByReference.Instance);

    private SqliteConnection(DatabaseHandle database, TextHash hash)
    {
        _database = database;
        Hash = hash;
    }

    /// <summary>The numbers that this file's texts are searched by.</summary>
    internal TextHash Hash { get; }

    /// <summary>Rows that the newest statement changed.</summary>
    internal int Changes => Sqlite3.Changes(_database);

    /// <summary>False while a transaction is open. A failed statement may have ended it (sqlite.org/lang_transaction.html).</summary>
    internal bool InTransaction => Sqlite3.GetAutocommit(_database) == 0;

    /// <summary>Pages in the write-ahead log after this connection's newest transaction; 0 until <see cref="WatchLog"/>.</summary>
    internal int LogPages => _logPages == null ? 0 : *_logPages;

    /// <summary>Counts the log's pages from now on, in place of SQLite's own checkpoints.</summary>
    internal void WatchLog()
    {
        _logPages = (int*)NativeMemory.AllocZeroed(sizeof(int));
        _ = Sqlite3.WalHook(_database, &CountLogPages, (nint)_logPages);
    }

    /// <summary>Copies as much of the log into the file as it can without waiting: pages in the log, and how many of them are copied.</summary>
    internal (int Pages, int Copied) Checkpoint()
    {
        Check(Sqlite3.WalCheckpoint(_database, 0, Sqlite3.CheckpointPassive, out var pages, out var copied));
        return (pages, copied);
    }

    internal static SqliteConnection Open(string path, int flags, TimeSpan busyTimeout, TextHash hash = default)
    {
        SqliteLibrary.EnsureUsable();
        var code = Sqlite3.Open(path, out var database, flags | Sqlite3.OpenNoMutex, 0);
        if (code != SqliteCode.Ok)
        {
            using (database)
            {
                throw Failure(database, code);
            }
        }

        _ = Sqlite3.ExtendedResultCodes(database, 1);
        _ = Sqlite3.BusyTimeout(database, checked((int)busyTimeout.TotalMilliseconds));
        return new SqliteConnection(database, hash);
    }

    /// <summary>Runs one or more statements without parameters or rows.</summary>
    internal void Execute(string sql) => Check(Sqlite3.Execute(_database, sql, 0, 0, 0));

    /// <summary>The kept statement of this text, which must be a constant: it is found by reference.</summary>
    internal SqliteStatement Statement(string sql)
    {
        if (!_kept.TryGetValue(sql, out var statement))
        {
            statement = Prepare(sql);
            _kept.Add(sql, statement);
        }

        return statement;
    }

    internal SqliteStatement Prepare(string sql)
    {
        var utf8 = Encoding.UTF8.GetBytes(sql);
        fixed (byte* bytes = utf8)
        {
            var code = Sqlite3.Prepare(_database, bytes, utf8.Length, Sqlite3.PreparePersistent, out var statement, 0);
            if (code != SqliteCode.Ok)
            {
                statement.Dispose();
                throw Failure(_database, code);
            }

            return new SqliteStatement(this, statement);
        }
    }

    internal long ReadInt64(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.GetInt64(0) : 0;
    }

    internal string ReadText(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.GetText(0) : "";
    }

    internal void Check(int code)
    {
        if (code is not (SqliteCode.Ok or SqliteCode.Row or SqliteCode.Done))
        {
            throw Failure(_database, code);
        }
    }

    /// <summary>Leaves it open until the process ends: closing the last connection of a file copies the log into it and deletes the log.</summary>
    internal void Abandon()
    {
        var isKept = false;
        _database.DangerousAddRef(ref isKept);
    }

    public void Dispose()
    {
        foreach (var statement in _kept.Values)
        {
            statement.Dispose();
        }

        _kept.Clear();
        _database.Dispose();
        NativeMemory.Free(_logPages);
        _logPages = null;
    }

    [UnmanagedCallersOnly]
    private static int CountLogPages(nint counter, nint database, nint name, int pages)
    {
        *(int*)counter = pages;
        return SqliteCode.Ok;
    }

    private static SqliteException Failure(DatabaseHandle database, int code)
    {
        var known = !database.IsInvalid && !database.IsClosed;
        var extended = known ? Sqlite3.ExtendedErrorCode(database) : code;
        var text = known ? Marshal.PtrToStringUTF8(Sqlite3.ErrorMessage(database)) : "out of memory";
        return new SqliteException($"SQLite: {text} (code {extended}).", extended == 0 ? code : extended);
    }

    /// <summary>Constant texts are one object each, so their reference is the cheapest key.</summary>
    private sealed class ByReference : IEqualityComparer<string>
    {
        internal static readonly ByReference Instance = new();

        public bool Equals(string? x, string? y) => ReferenceEquals(x, y);

        public int GetHashCode(string obj) => RuntimeHelpers.GetHashCode(obj);
    }
}
