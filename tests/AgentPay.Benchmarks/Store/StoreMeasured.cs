using System.Diagnostics;
using System.Security.Cryptography;
using AgentPay.Benchmarks.Reports;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;

namespace AgentPay.Benchmarks.Store;

/// <summary>The loads, and what was written by them.</summary>
internal sealed class StoreMeasured(IAtomicStore store, RowByRow baseline, PhaseClock phases, string? only)
{
    private const string Wallet = "wallet";
    private const string Settlement = "settlement";
    private const string Whole = "whole";
    private const string Row = "row";
    private const string NewRow = "new-row";

    private static readonly Dictionary<string, string> _titles = new()
    {
        [Wallet] = "wallet: state + transfer + event, 10,000 grains",
        [Settlement] = "settlement: new random key, state + message + deadline + event",
        [Whole] = "whole settlement: the same + transfer of a new payer + answer + record",
        [Row] = "baseline: one known row a transaction",
        [NewRow] = "baseline: one row with a new random key a transaction",
    };

    private readonly List<IReadOnlyList<string>> ratios = [];
    private readonly List<IReadOnlyList<string>> figures = [];
    private readonly List<IReadOnlyList<string>> profile = [];
    private readonly List<string> settled = [];
    private readonly List<string> settledWhole = [];
    private long[] versions = [];
    private long baselineCommits;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public async Task FillAsync(int grains)
    {
        versions = new long[grains];
        await Task.WhenAll(Enumerable.Range(0, grains).Select(ChargeAsync));
    }

    public async Task RunAsync(int callers, int rounds, TimeSpan duration)
    {
        // Each caller has grains of its own, so that versions are known without asking.
        var mine = versions.Length / callers * callers;
        var loads = new Dictionary<string, Func<int, int, Task>>
        {
            [Wallet] = (caller, n) => ChargeAsync((int)((caller + ((long)n * callers)) % mine)),
            [Settlement] = (_, _) => SettleAsync(StoreLoad.Settlement, settled),
            [Whole] = (_, _) => SettleAsync(StoreLoad.WholeSettlement, settledWhole),
            [Row] = (caller, n) => RowAsync($"wal_{(caller + ((long)n * callers)) % versions.Length:x8}"),
            [NewRow] = (_, _) => RowAsync(StoreLoad.Settlement(RandomNonce(), Now).Grain.Key),
        };
        var rates = _titles.Keys.ToDictionary(load => load, _ => new List<StoreRate>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (load, commit) in loads.Where(load => only is null || only == load.Key))
            {
                _ = phases.Take(duration);
                var startedAt = Stopwatch.GetTimestamp();
                rates[load].Add(await StoreLoad.RunAsync(callers, duration, commit));
                if (round == rounds - 1 && load is Wallet or Settlement or Whole)
                {
                    profile.Add([load, $"{callers}", .. phases.Take(Stopwatch.GetElapsedTime(startedAt))]);
                }
            }

            Console.Error.WriteLine($"{callers} callers: {string.Join(", ", rates.Where(load => load.Value.Count > 0).Select(load => $"{load.Key} {load.Value[^1].PerSecond:0}/s"))}");
        }

        ratios.Add([$"{callers}", Ratio(rates[Wallet], rates[Row]), Ratio(rates[Settlement], rates[NewRow]), Ratio(rates[Whole], rates[NewRow])]);
        figures.AddRange(rates.Where(load => load.Value.Count > 0).Select(load => Figures(_titles[load.Key], callers, load.Value)));
    }

    public async Task WriteAsync(Report report, int rounds, TimeSpan duration)
    {
        report.Line("## Ratios");
        report.Line();
        report.Table(["callers", "wallet commits : one-row commits, known keys", "settlement commits : one-row commits, new random keys", "whole settlement commits : the same"], ratios);
        report.Line("## Figures");
        report.Line();
        report.Line($"The loads in turn, {rounds} rounds of {duration.TotalSeconds:0} s, median. WAL, synchronous=FULL; a commit counts when it is durable. A caller waits for its commit before it makes the next.");
        report.Line();
        report.Table(["load", "callers", "commits/s", "p50 ms", "p99 ms"], figures);
        report.Line("## Where the writer's time goes");
        report.Line();
        report.Line("Share of the last round's wall time (longest single one in ms). The writer is one thread; the checkpoint beside it is another.");
        report.Line();
        report.Table(["load", "callers", .. PhaseClock.Heads], profile);
        report.Line("## Read back");
        report.Line();
        report.Line(await ReadBackAsync());
        report.Line();
        report.Line("A settlement's commit writes into five tables, a whole one into nine: they are judged beside one row at a random place. All keys of a run stay, so later loads meet larger trees.");
    }

    private async Task<string> ReadBackAsync()
    {
        var wrong = 0;
        for (var i = 0; i < versions.Length; i++)
        {
            var row = await store.ReadAsync(StoreLoad.Wallet(i, 0, Now).Grain, CancellationToken.None);
            wrong += row?.Version == versions[i] ? 0 : 1;
        }

        var missing = 0;
        foreach (var chunk in settled.Concat(settledWhole).Chunk(500))
        {
            var rows = await store.ReadManyAsync([.. chunk.Select(nonce => StoreLoad.Settlement(nonce, Now).Grain)], CancellationToken.None);
            missing += rows.Count(row => row is null);
        }

        var totals = await store.ReadLedgerTotalsAsync(CancellationToken.None);
        Invariant.That(totals.Count == 1, "One asset was used.");
        return $"""
            - wallet commits acknowledged {versions.Sum()}, whole settlements {settledWhole.Count}, ledger rows of both {totals[0].Transfers}, sum of all postings {totals[0].PostingSum}; grains with another version than acknowledged: {wrong}
            - settlement commits acknowledged {settled.Count + settledWhole.Count}, missing: {missing}
            - baseline commits acknowledged {baselineCommits}, found {baseline.Versions}
            """;
    }

    private async Task ChargeAsync(int grain)
    {
        Expect(await store.CommitAsync(StoreLoad.Wallet(grain, versions[grain], Now)));
        versions[grain]++;
    }

    private async Task SettleAsync(Func<string, DateTimeOffset, Commit> commit, List<string> acknowledged)
    {
        var nonce = RandomNonce();
        Expect(await store.CommitAsync(commit(nonce, Now)));
        lock (acknowledged)
        {
            acknowledged.Add(nonce);
        }
    }

    private async Task RowAsync(string key)
    {
        await baseline.CommitAsync(key, RowByRow.State(key));
        Interlocked.Increment(ref baselineCommits);
    }

    private static void Expect(CommitResult result) =>
        Invariant.That(result.Status == CommitStatus.Committed, "Nobody else writes these grains.");

    private static string RandomNonce() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    private static string Ratio(List<StoreRate> rates, List<StoreRate> baseline) => rates.Count == 0 || baseline.Count == 0
        ? "–"
        : $"**{Report.Number(Report.Median(rates.Select(rate => rate.PerSecond)) / Report.Median(baseline.Select(rate => rate.PerSecond)))}**";

    private static string[] Figures(string load, int callers, List<StoreRate> rates) =>
    [
        load, $"{callers}", Report.Number(Report.Median(rates.Select(rate => rate.PerSecond))),
        Report.Number(Report.Median(rates.Select(rate => rate.P50))), Report.Number(Report.Median(rates.Select(rate => rate.P99))),
    ];
}
