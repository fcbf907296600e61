namespace AgentPay.Storage.Postgres.Processes;

/// <summary>Times of the database's own clock, which is the same for every process: microseconds since 1970.</summary>
internal static class DatabaseTime
{
    /// <summary>SQL of the time at which the statement reaches this place.</summary>
    internal const string Now = "(extract(epoch from clock_timestamp()) * 1000000)::bigint";

    internal static long Of(TimeSpan length) => length.Ticks / TimeSpan.TicksPerMicrosecond;
}
