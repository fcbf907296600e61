namespace AgentPay.Storage.Contract;

/// <summary>
/// Times are stored as whole microseconds since 1970-01-01 UTC, rounded down, and come back with offset zero:
/// the same precision as PostgreSQL's timestamptz. What is stored comes back exactly.
/// </summary>
internal static class StoredTime
{
    internal static long From(DateTimeOffset time)
    {
        var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        return Math.DivRem(ticks, TimeSpan.TicksPerMicrosecond, out var rest) - (rest < 0 ? 1 : 0);
    }

    internal static DateTimeOffset ToTime(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
