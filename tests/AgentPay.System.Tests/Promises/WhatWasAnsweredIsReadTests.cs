using AgentPay.SystemTests.World;
using AgentPay.Testing;

namespace AgentPay.SystemTests.Promises;

/// <summary>P13. Whoever of three engines is asked, and killed: what they told could all have been told by one book that does one thing at a time.</summary>
[Collection("Two engines")]
public sealed class WhatWasAnsweredIsReadTests
{
    private const int Callers = 24;

    /// <summary>So many pairs are asked about at a time, so that several callers meet at each.</summary>
    private const int HotPairs = 8;
    private const int CallsOfAPairMax = 200;
    private static readonly int _calls = TestScale.Factor > 1 ? 20_000 : 600;
    private static readonly int _pairs = TestScale.Factor > 1 ? 160 : HotPairs;
    private static readonly int _kills = TestScale.Factor > 1 ? 8 : 1;

    [Fact]
    public async Task Random_calls_at_three_engines_are_answered_as_one_book_would()
    {
        await using var engines = await BookEngines.StartAsync(3);
        var traffic = new PairTraffic(engines, _pairs);
        var kills = new RandomKills(engines, new Random(TestScale.FirstSeed), atOnceMax: 2);
        var start = TimeProvider.System.GetTimestamp();

        await CallAsync(traffic, kills);

        var took = TimeProvider.System.GetElapsedTime(start);
        var check = new Linearizability<AccountPair, PairStep>(AccountPair.After);
        var (largest, unknown, tried) = (0, 0, 0);
        for (var pair = 0; pair < _pairs; pair++)
        {
            var history = traffic.HistoryOf(pair).ToArray();
            Assert.InRange(history.Length, 1, CallsOfAPairMax);
            Assert.True(check.Holds(AccountPair.Empty, history), $"Seed {TestScale.FirstSeed}, pair {pair}:{Environment.NewLine}{Text(history)}");
            (largest, tried) = (Math.Max(largest, history.Length), Math.Max(tried, check.Tried));
            unknown += history.Count(call => call.Returned == Call<PairStep>.Never);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Seed {TestScale.FirstSeed}: {_calls} calls, {traffic.Commands} keys, {took.TotalSeconds:0} s, {kills.Count} kills, {traffic.Unanswered} unanswered, "
            + $"{unknown} for good; {_pairs} histories of up to {largest} calls, up to {tried} states tried.");
        Assert.True(kills.Count >= _kills, "No engine was killed.");
    }

    private static async Task CallAsync(PairTraffic traffic, RandomKills kills)
    {
        var begun = -1;
        var callers = Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var chance = new Random(unchecked((TestScale.FirstSeed * 1_000) + caller));
            for (int call; (call = Interlocked.Increment(ref begun)) < _calls;)
            {
                await traffic.CallAsync(HotPair(call, chance), chance);
            }
        })).ToArray();
        for (var kill = 1; kill <= _kills; kill++)
        {
            var at = kill * _calls / (_kills + 1);
            await Wait.UntilAsync(() => Task.FromResult(Volatile.Read(ref begun) >= at || callers.Any(caller => caller.IsFaulted)), seconds: 300);
            await kills.KillAsync();
        }

        await Task.WhenAll(callers);
        await kills.EndAsync();
    }

    private static int HotPair(int call, Random chance) => (call / (_calls * HotPairs / _pairs) * HotPairs) + chance.Next(HotPairs);

    private static string Text(IEnumerable<Call<PairStep>> history) =>
        string.Join(Environment.NewLine, history.OrderBy(call => call.Invoked).Select(call => $"{call.Invoked} to {(call.Returned == Call<PairStep>.Never ? "never" : call.Returned)}: {call.Step}"));
}
