using System.Diagnostics;
using System.Globalization;
using AgentPay.Benchmarks.World;

namespace AgentPay.Benchmarks.Reports;

/// <summary>What a figure was measured on. Figures of two machines are not compared; ratios of one run are.</summary>
internal static class Machine
{
    public static string Describe() => string.Create(CultureInfo.InvariantCulture,
        $"{Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}, .NET {Environment.Version}");

    /// <summary>Load averages over 1 and 5 minutes; on a quiet machine near 0.</summary>
    public static string Load()
    {
        var fields = File.ReadAllText("/proc/loadavg").Split(' ');
        return $"{fields[0]} (1 min), {fields[1]} (5 min)";
    }

    public static string Commit() => $"{Git("rev-parse", "--short", "HEAD")}{(Git("status", "--porcelain", "--", "src", "tests/devnet", "Directory.Build.props").Length > 0 ? " with changes" : "")}";

    private static string Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["-C", Repository.Root, .. arguments]) { RedirectStandardOutput = true })!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        return output.Trim();
    }
}
