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

    /// <summary>Begins the line that ends what is said of a seed: seed, hash, lines of the trace, milliseconds. Lines before it say what promises it broke.</summary>
    internal const string Result = "= ";

    private const string WithTrace = "trace";
    private const string WithoutTrace = "-";
    private const int LeftTurns = 1000;

    /// <summary>What a person types to see one seed's trace.</summary>
    internal static string Words(int seed) =>
        $"DOTNET_PROCESSOR_COUNT=1 DOTNET_gcConcurrent=0 tests/AgentPay.Grains.Tests/bin/Release/net10.0/AgentPay.Grains.Tests {Argument} {seed}-{seed} {WithTrace}";

    /// <param name="first">The first seed.</param>
    /// <param name="last">The last; may be the lower one.</param>
    /// <param name="isTraced">Writes every line of the traces before their results.</param>
    internal static Process Start(int first, int last, bool isTraced)
    {
        var command = Command(first, last, isTraced);
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true };

        // One processor and no collector beside it: nothing in the runtime has a second thread for the program's work.
        start.Environment["DOTNET_PROCESSOR_COUNT"] = "1";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        return Process.Start(start)!;
    }

    private static string[] Command(int first, int last, bool isTraced)
    {
        string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Environment.ProcessPath!, typeof(ReplayProcess).Assembly.Location]
            : [Environment.ProcessPath!];
        return [.. program, Argument, $"{first}-{last}", isTraced ? WithTrace : WithoutTrace];
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
            var ends = seeds.Split('-').Select(static text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
            for (var (seed, step) = (ends[0], Math.Sign(ends[1] - ends[0])); ; seed += step)
            {
                await RunAsync(seed, trace == WithTrace ? Console.Out : null);
                if (seed == ends[1])
                {
                    break;
                }
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

        foreach (var line in broken)
        {
            Console.WriteLine(line);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Result}{seed} {trace.Hash} {trace.Count} {TimeProvider.System.GetElapsedTime(startedAt).TotalMilliseconds:0.0}"));

        // What was left of this engine runs out before the next begins.
        for (var left = LeftTurns; left > 0; left--)
        {
            await Task.Yield();
        }
    }
}
