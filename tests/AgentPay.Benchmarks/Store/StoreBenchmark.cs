using System.Security.Cryptography;
using AgentPay.Benchmarks.Reports;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Benchmarks.Store;

/// <summary>
/// Durable commits a second on SQLite (WAL, synchronous=FULL), beside one-row transactions through the same binding.
/// Goal: as fast as one row when alone, many times it when many wait.
/// </summary>
internal static class StoreBenchmark
{
    private const int Grains = 10_000;

    public static async Task RunAsync(string[] arguments)
    {
        var options = new Options(arguments);
        var (rounds, duration) = (options.Number("rounds", 3), TimeSpan.FromSeconds(options.Number("seconds", 3)));
        var report = new Report("store", "Store: durable commits a second on SQLite", arguments);
        var folder = Directory.CreateTempSubdirectory("agentpay-bench-store-").FullName;
        await using (var store = await SqliteAtomicStore.OpenAsync(
            new SqliteStoreOptions { Path = Path.Combine(folder, "store.db") }, TimeProvider.System, NullLogger<SqliteAtomicStore>.Instance))
        using (var baseline = new RowByRow(Path.Combine(folder, "baseline.db")))
        {
            var measured = new StoreMeasured(store, baseline);
            await measured.FillAsync(Grains);
            foreach (var callers in (int[])[1, 16, 128, 1_024])
            {
                await measured.RunAsync(callers, rounds, duration);
            }

            await measured.WriteAsync(report, rounds, duration);
        }

        await report.SaveAsync();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>The loads, and what was written by them.</summary>
internal sealed class StoreMeasured(SqliteAtomicStore store, RowByRow baseline)
{
    private readonly List<IReadOnlyList<string>> ratios = [];
    private readonly List<IReadOnlyList<string>> figures = [];
    private readonly List<string> settled = [];
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
        var (wallets, settlements, rows, newRows) = (new List<StoreRate>(), new List<StoreRate>(), new List<StoreRate>(), new List<StoreRate>());
        for (var round = 0; round < rounds; round++)
        {
            // Each caller has grains of its own, so that versions are known without asking.
            wallets.Add(await StoreLoad.RunAsync(callers, duration, (caller, n) => ChargeAsync((int)((caller + ((long)n * callers)) % (versions.Length / callers * callers)))));
            settlements.Add(await StoreLoad.RunAsync(callers, duration, (_, _) => SettleAsync()));
            rows.Add(await StoreLoad.RunAsync(callers, duration, (caller, n) => RowAsync($"wal_{(caller + ((long)n * callers)) % versions.Length:x8}")));
            newRows.Add(await StoreLoad.RunAsync(callers, duration, (_, _) => RowAsync(StoreLoad.Settlement(RandomNonce(), Now).Grain.Key)));
            Console.Error.WriteLine($"{callers} callers: wallet {wallets[^1].PerSecond:0}/s, row by row {rows[^1].PerSecond:0}/s; settlement {settlements[^1].PerSecond:0}/s, row by row {newRows[^1].PerSecond:0}/s");
        }

        ratios.Add([$"{callers}", Ratio(wallets, rows), Ratio(settlements, newRows)]);
        figures.Add(Figures("state + transfer + event, 10,000 grains", callers, wallets));
        figures.Add(Figures("new random key: state + message + deadline + event", callers, settlements));
        figures.Add(Figures("baseline: one known row a transaction", callers, rows));
        figures.Add(Figures("baseline: one row with a new random key a transaction", callers, newRows));
    }

    public async Task WriteAsync(Report report, int rounds, TimeSpan duration)
    {
        report.Line("## Ratios");
        report.Line();
        report.Table(["callers", "wallet commits : one-row commits, known keys", "settlement commits : one-row commits, new random keys"], ratios);
        report.Line("## Figures");
        report.Line();
        report.Line($"The four loads in turn, {rounds} rounds of {duration.TotalSeconds:0} s, median. WAL, synchronous=FULL; a commit counts when it is durable. A caller waits for its commit before it makes the next.");
        report.Line();
        report.Table(["load", "callers", "commits/s", "p50 ms", "p99 ms"], figures);
        report.Line("## Read back");
        report.Line();
        report.Line(await ReadBackAsync());
        report.Line();
        report.Line("A settlement's commit writes into five tables, most of them at a random place: it is judged beside one row at a random place. All keys of a run stay, so later loads meet larger trees.");
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
        foreach (var chunk in settled.Chunk(500))
        {
            var rows = await store.ReadManyAsync([.. chunk.Select(nonce => StoreLoad.Settlement(nonce, Now).Grain)], CancellationToken.None);
            missing += rows.Count(row => row is null);
        }

        var total = Assert(await store.ReadLedgerTotalsAsync(CancellationToken.None));
        return $"""
            - wallet commits acknowledged {versions.Sum()}, ledger rows {total.Transfers}, sum of all postings {total.PostingSum}; grains with another version than acknowledged: {wrong}
            - settlement commits acknowledged {settled.Count}, missing: {missing}
            - baseline commits acknowledged {baselineCommits}, found {baseline.Versions}
            """;
    }

    private static LedgerTotal Assert(IReadOnlyList<LedgerTotal> totals) => totals is [var only] ? only : throw new InvalidOperationException("One asset was used.");

    private async Task ChargeAsync(int grain)
    {
        Expect(await store.CommitAsync(StoreLoad.Wallet(grain, versions[grain], Now)));
        versions[grain]++;
    }

    private async Task SettleAsync()
    {
        var nonce = RandomNonce();
        Expect(await store.CommitAsync(StoreLoad.Settlement(nonce, Now)));
        lock (settled)
        {
            settled.Add(nonce);
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

    private static string Ratio(List<StoreRate> rates, List<StoreRate> baseline) =>
        $"**{Report.Number(Report.Median(rates.Select(rate => rate.PerSecond)) / Report.Median(baseline.Select(rate => rate.PerSecond)))}**";

    private static string[] Figures(string load, int callers, List<StoreRate> rates) =>
    [
        load, $"{callers}", Report.Number(Report.Median(rates.Select(rate => rate.PerSecond))),
        Report.Number(Report.Median(rates.Select(rate => rate.P50))), Report.Number(Report.Median(rates.Select(rate => rate.P99))),
    ];
}
