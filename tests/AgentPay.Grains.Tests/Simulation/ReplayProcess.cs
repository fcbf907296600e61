using System.Diagnostics;
using System.Globalization;
using AgentPay.Grains.Tests.Replays;

namespace AgentPay.Grains.Tests.Simulation;

/// <summary>
/// A process of its own that runs histories one after the other, on one thread: its thread pool has one worker, which does everything in the order in which it was
/// asked for. It is this test assembly, started with another first argument.
/// </summary>
internal static class ReplayProcess
{
    internal const string Argument = "replay";

    /// <summary>Begins the line that says what became of a seed: seed, hash, lines of the trace, how many promises it broke, milliseconds.</summary>
    internal const string Result = "= ";

    private const string WithTrace = "trace";
    private const string WithoutTrace = "-";
    private const int LeftTurns = 1000;

    internal static string[] Command(IEnumerable<int> seeds, bool isTraced)
    {
        string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Environment.ProcessPath!, typeof(ReplayProcess).Assembly.Location]
            : [Environment.ProcessPath!];
        return [.. program, Argument, string.Join(',', seeds), isTraced ? WithTrace : WithoutTrace];
    }

    internal static Process Start(IEnumerable<int> seeds, bool isTraced)
    {
        var command = Command(seeds, isTraced);
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true };

        // One processor and no collector beside it: nothing in the runtime has a second thread for the program's work.
        start.Environment["DOTNET_PROCESSOR_COUNT"] = "1";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        return Process.Start(start)!;
    }

    /// <summary>What the child does.</summary>
    internal static async Task<int> RunAsync(string seeds, string trace)
    {
        if (!ThreadPool.SetMinThreads(1, 1) || !ThreadPool.SetMaxThreads(1, 1))
        {
            await Console.Error.WriteLineAsync("The thread pool takes no single thread: set DOTNET_PROCESSOR_COUNT=1.");
            return 1;
        }

        // From here on everything is on the one thread of the pool.
        return await Task.Run(async () =>
        {
            foreach (var seed in seeds.Split(',').Select(static text => int.Parse(text, CultureInfo.InvariantCulture)))
            {
                await RunAsync(seed, trace == WithTrace ? Console.Out : null);
            }

            return 0;
        });
    }

    private static async Task RunAsync(int seed, TextWriter? lines)
    {
        var startedAt = TimeProvider.System.GetTimestamp();
        using var trace = new ReplayTrace(lines);
        IReadOnlyList<string> broken;
        try
        {
            broken = await Simulation.RunAsync(History.Of(seed), new Replay(seed, trace));
        }
        catch (Exception e)
        {
            broken = [e.ToString()];
        }

        if (trace.Stray is { } stray)
        {
            broken = [.. broken, $"Not on the one thread: {stray}"];
        }

        var (hash, count) = (trace.Hash, trace.Count);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Result}{seed} {hash} {count} {broken.Count} {TimeProvider.System.GetElapsedTime(startedAt).TotalMilliseconds:0.0}"));
        foreach (var line in broken)
        {
            Console.WriteLine(line);
        }

        // What was left of this engine runs out before the next begins.
        for (var left = LeftTurns; left > 0; left--)
        {
            await Task.Yield();
        }
    }
}
