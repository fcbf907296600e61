using System.Globalization;

namespace AgentPay.Benchmarks.Load;

/// <summary>CPU time of a process with all its threads, from /proc (10 ms steps).</summary>
internal static class CpuClock
{
    private const double TicksPerSecond = 100;

    public static double SecondsOf(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }
}
