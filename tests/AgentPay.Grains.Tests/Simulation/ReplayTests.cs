using System.Diagnostics;
using System.Globalization;
using AgentPay.Testing;

namespace AgentPay.Grains.Tests.Simulation;

/// <summary>
/// Histories drawn from seeds where the seed decides everything, the order of the engine's own turns too. Two processes run the same seeds, one from the first on and
/// one from the last: hashes of text differ between them, and so does what ran before.
/// </summary>
public sealed class ReplayTests(ITestOutputHelper output)
{
    private static readonly int Count = TestScale.Factor > 1 && !ChosenStore.IsPostgres ? 1000 : 100;
    private static readonly TimeSpan SeedMax = TimeSpan.FromSeconds(60);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_seed_is_the_same_run_bit_for_bit_and_keeps_every_promise()
    {
        var (first, last) = TestScale.Seed is { } only ? (only, only) : (TestScale.FirstSeed, TestScale.FirstSeed + Count - 1);
        var runs = await Task.WhenAll(RunAsync(first, last), RunAsync(last, first));
        var failures = new List<string>();
        for (var seed = first; seed <= last; seed++)
        {
            var (one, other) = (runs[0][seed], runs[1][seed]);
            string[] words = one.Hash != other.Hash ? [await FirstDifferenceAsync(seed)] : one.Broken;
            if (words.Length > 0 && failures.Count < 10)
            {
                failures.Add(string.Join(Environment.NewLine, [$"AGENTPAY_SEED={seed} tests/run Grains.Tests", ReplayProcess.Words(seed), .. words, History.Of(seed).ToString()]));
            }
        }

        var times = runs.SelectMany(static run => run.Values).Select(static run => run.Milliseconds).Order().ToArray();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Seeds {first} to {last}, each twice: {failures.Count} differ or broke a promise; {runs[0].Values.Sum(static run => (long)run.Lines)} lines; median {times[times.Length / 2]:0.0} ms, all {times.Sum() / 1000:0.0} s."));
        Assert.True(failures.Count == 0, string.Join(Environment.NewLine + Environment.NewLine, failures));
        Assert.Equal(runs[0].Count, runs[0].Values.Select(static run => run.Hash).Distinct().Count());
    }

    private static async Task<Dictionary<int, Run>> RunAsync(int first, int last)
    {
        var runs = new Dictionary<int, Run>();
        var rest = new List<string>();
        await foreach (var line in LinesAsync(first, last, isTraced: false))
        {
            if (line.StartsWith(ReplayProcess.Result, StringComparison.Ordinal))
            {
                var words = line[ReplayProcess.Result.Length..].Split(' ');
                runs.Add(
                    int.Parse(words[0], CultureInfo.InvariantCulture),
                    new Run(words[1], int.Parse(words[2], CultureInfo.InvariantCulture), [.. rest], double.Parse(words[3], CultureInfo.InvariantCulture)));
                rest.Clear();
            }
            else
            {
                rest.Add(line);
            }
        }

        Assert.True(runs.Count == Math.Abs(last - first) + 1, $"Only {runs.Count} of the seeds from {first} to {last} came to an end. {string.Join(Environment.NewLine, rest)}");
        return runs;
    }

    /// <summary>Where two runs of a seed part; they are run again, a few times when they do not part each time.</summary>
    private static async Task<string> FirstDifferenceAsync(int seed)
    {
        for (var round = 0; round < 5; round++)
        {
            var traces = new[] { new List<string>(), new List<string>() };
            foreach (var trace in traces)
            {
                await foreach (var line in LinesAsync(seed, seed, isTraced: true))
                {
                    trace.Add(line);
                }
            }

            var place = traces[0].Zip(traces[1]).TakeWhile(static pair => pair.First == pair.Second).Count();
            if (traces.All(trace => place < trace.Count && !trace[place].StartsWith(ReplayProcess.Result, StringComparison.Ordinal)))
            {
                return $"Line {place + 1} of the trace is once{Environment.NewLine}{traces[0][place]}{Environment.NewLine}and once{Environment.NewLine}{traces[1][place]}";
            }
        }

        return "Its traces differed, but not when it was run again by itself: what ran before in the process made the difference.";
    }

    /// <summary>What a process says that runs these seeds; it is killed when one takes too long.</summary>
    private static async IAsyncEnumerable<string> LinesAsync(int first, int last, bool isTraced)
    {
        using var process = ReplayProcess.Start(first, last, isTraced);
        var seed = first;
        try
        {
            while (await ReadLineAsync(process, seed) is { } line)
            {
                seed += line.StartsWith(ReplayProcess.Result, StringComparison.Ordinal) ? Math.Sign(last - first) : 0;
                yield return line;
            }

            await process.WaitForExitAsync(Stop);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            process.Kill();
        }
    }

    private static async Task<string?> ReadLineAsync(Process process, int seed)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(SeedMax);
        try
        {
            return await process.StandardOutput.ReadLineAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!Stop.IsCancellationRequested)
        {
            throw new TimeoutException($"Something waits for ever, or never ends: {ReplayProcess.Words(seed)}");
        }
    }

    private sealed record Run(string Hash, int Lines, string[] Broken, double Milliseconds);
}
