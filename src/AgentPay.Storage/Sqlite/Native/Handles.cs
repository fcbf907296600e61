using Microsoft.Win32.SafeHandles;

namespace AgentPay.Storage.Sqlite.Native;

/// <summary>Owns one sqlite3*. close_v2 waits for statements that are still open, so order of release does not matter.</summary>
internal sealed class DatabaseHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => Sqlite3.Close(handle) == SqliteCode.Ok;
}

/// <summary>Owns one sqlite3_stmt*.</summary>
internal sealed class StatementHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    // finalize repeats the statement's last error, which was reported when it happened.
    protected override bool ReleaseHandle()
    {
        _ = Sqlite3.Finalize(handle);
        return true;
    }
}
