using System.Collections.Concurrent;
using System.Globalization;
using AgentPay.Testing;

namespace AgentPay.Grains.Tests.Simulation;

/// <summary>
/// Histories drawn from seeds. The steps of a history, its payments, the chain and the clock are the seed's alone; how far the engine's own threads came
/// between two steps is the machine's, so a seed that failed may have to be run a few times (AGENTPAY_SEED repeats one AGENTPAY_SEEDS times).
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    /// <summary>Histories that broke a promise before what they showed was mended.</summary>
    private static readonly int[] OnceBroken = [10, 63, 129, 215, 795, 807, 1668, 2099, 4506, 4624, 6205, 6750, 7092, 7700, 8355, 9453, 28406297, 722826303, 722828708, 783377055];

    private static string Repetition => ChosenStore.IsPostgres ? "AGENTPAY_STORE=postgres " : "";

    [Fact]
    public Task Whatever_happens_each_payment_is_paid_once_or_not_and_everybody_is_told_the_truth() =>
        AllKeepTheirPromisesAsync(TestScale.Seed is { } seed ? Enumerable.Repeat(seed, TestScale.Seeds) : Enumerable.Range(TestScale.FirstSeed, TestScale.Seeds));

    [Fact]
    public Task What_once_broke_a_promise_keeps_it() => AllKeepTheirPromisesAsync(OnceBroken.SelectMany(seed => Enumerable.Repeat(seed, 3)));

    [Fact]
    public void One_seed_is_one_history() => Assert.Equal(History.Of(7).ToString(), History.Of(7).ToString());

    private async Task AllKeepTheirPromisesAsync(IEnumerable<int> seeds)
    {
        var failures = new ConcurrentQueue<string>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = 4 * Environment.ProcessorCount, CancellationToken = TestContext.Current.CancellationToken };
        var count = 0;
        await Parallel.ForEachAsync(seeds, options, async (seed, _) =>
        {
            var history = History.Of(seed);
            IReadOnlyList<string> broken;
            try
            {
                broken = await Simulation.RunAsync(history);
            }
            catch (Exception e) when (!options.CancellationToken.IsCancellationRequested)
            {
                broken = [e.ToString()];
            }

            Interlocked.Increment(ref count);
            if (broken.Count > 0)
            {
                failures.Enqueue(string.Join(Environment.NewLine, [$"{Repetition}AGENTPAY_SEED={seed} tests/run Grains.Tests", .. broken, history.ToString()]));
            }
        });
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count} histories, {failures.Count} broken"));
        Assert.True(failures.IsEmpty, $"{failures.Count} of {count} histories broke a promise:{Environment.NewLine}{string.Join(Environment.NewLine + Environment.NewLine, failures.Take(10))}");
    }
}
