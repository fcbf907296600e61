using System.Buffers;
using System.Text;

namespace AgentPay.Storage.Sqlite.Native;

/// <summary>
/// A prepared statement: bind by position from 1, step, read columns from 0, reset. The raw pointer is kept beside its safe handle,
/// because a handle's reference count costs as much as the short calls it would guard; only the owning connection's thread is here.
/// </summary>
internal sealed unsafe class SqliteStatement : IDisposable
{
    private const int NullType = 5;
    private const int StackBytesMax = 512;

    private readonly SqliteConnection _connection;
    private readonly StatementHandle _handle;
    private readonly nint _pointer;

    internal SqliteStatement(SqliteConnection connection, StatementHandle handle)
    {
        _connection = connection;
        _handle = handle;
        _pointer = handle.DangerousGetHandle();
    }

    internal SqliteStatement Bind(int index, long value)
    {
        _connection.Check(Sqlite3.BindInt64(_pointer, index, value));
        return this;
    }

    internal SqliteStatement Bind(int index, long? value)
    {
        _connection.Check(value is { } number ? Sqlite3.BindInt64(_pointer, index, number) : Sqlite3.BindNull(_pointer, index));
        return this;
    }

    internal SqliteStatement Bind(int index, ReadOnlySpan<char> text)
    {
        var bytesMax = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (bytesMax <= StackBytesMax)
        {
            Span<byte> small = stackalloc byte[StackBytesMax];
            return BindUtf8(index, small[..Encoding.UTF8.GetBytes(text, small)]);
        }

        var rented = ArrayPool<byte>.Shared.Rent(bytesMax);
        try
        {
            return BindUtf8(index, rented.AsSpan(0, Encoding.UTF8.GetBytes(text, rented)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    internal SqliteStatement BindUtf8(int index, ReadOnlySpan<byte> text)
    {
        byte none = 0;
        fixed (byte* bytes = text)
        {
            // A null pointer would bind NULL instead of the empty text.
            _connection.Check(Sqlite3.BindText(_pointer, index, bytes == null ? &none : bytes, text.Length, Sqlite3.Transient));
        }

        return this;
    }

    internal SqliteStatement Bind(int index, ReadOnlySpan<byte> blob)
    {
        byte none = 0;
        fixed (byte* bytes = blob)
        {
            _connection.Check(Sqlite3.BindBlob(_pointer, index, bytes == null ? &none : bytes, blob.Length, Sqlite3.Transient));
        }

        return this;
    }

    /// <summary>True when a row is there. At the end, and on an error, the statement is reset.</summary>
    internal bool Step()
    {
        var code = Sqlite3.Step(_pointer);
        if (code == SqliteCode.Row)
        {
            return true;
        }

        try
        {
            _connection.Check(code);
        }
        finally
        {
            Reset();
        }

        return false;
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    internal void Execute()
    {
        if (Step())
        {
            Reset();
        }
    }

    // reset repeats the error of the last step, which Step has reported.
    internal void Reset() => _ = Sqlite3.Reset(_pointer);

    internal long GetInt64(int column) => Sqlite3.ColumnInt64(_pointer, column);

    internal long? GetInt64OrNull(int column) => Sqlite3.ColumnType(_pointer, column) == NullType ? null : GetInt64(column);

    /// <summary>Valid until the next step or reset.</summary>
    internal ReadOnlySpan<byte> GetBytes(int column)
    {
        var bytes = Sqlite3.ColumnBlob(_pointer, column);
        return new ReadOnlySpan<byte>(bytes, Sqlite3.ColumnBytes(_pointer, column));
    }

    internal string GetText(int column) => Encoding.UTF8.GetString(GetBytes(column));

    public void Dispose() => _handle.Dispose();
}
