namespace AgentPay.Storage.Sqlite.Native;

/// <summary>The SQLite result codes this store tells apart (sqlite.org/rescode.html).</summary>
internal static class SqliteCode
{
    internal const int Ok = 0;
    internal const int Constraint = 19;
    internal const int Mismatch = 20;
    internal const int TooBig = 18;
    internal const int Row = 100;
    internal const int Done = 101;
}
