namespace AgentPay.Storage.Sqlite.Native;

/// <summary>SQLite refused a call. <see cref="ExtendedCode"/> is its extended result code; the primary code is its low byte.</summary>
internal sealed class SqliteException(string message, int extendedCode) : Exception(message)
{
    internal int ExtendedCode { get; } = extendedCode;

    internal int Code => ExtendedCode & 0xFF;

    /// <summary>The fault lies in one row that was handed over, not in the file or the disk.</summary>
    internal bool IsAboutOneRow => Code is SqliteCode.Constraint or SqliteCode.TooBig or SqliteCode.Mismatch;
}
