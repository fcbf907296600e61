using System.Globalization;

namespace AgentPay.Benchmarks.Load;

/// <summary>CPU time of a process with all its threads, from /proc (10 ms steps).</summary>
internal static class CpuClock
{
    private const double TicksPerSecond = 100;

    public static double SecondsOf(int processId) => Read($"/proc/{processId}/stat");

    /// <summary>Of its threads whose names begin so; Linux keeps 15 characters of a name.</summary>
    public static double SecondsOf(int processId, string threads) => Directory.GetDirectories($"/proc/{processId}/task")
        .Where(thread => File.ReadAllText(Path.Combine(thread, "comm")).StartsWith(threads, StringComparison.Ordinal)).Sum(thread => Read(Path.Combine(thread, "stat")));

    private static double Read(string path)
    {
        var stat = File.ReadAllText(path);
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
