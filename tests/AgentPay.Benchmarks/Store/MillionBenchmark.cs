using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AgentPay.Benchmarks.Load;
using AgentPay.Benchmarks.Reports;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Benchmarks.Store;

/// <summary>
/// A million settlements written through the store. Goal: the last 50,000 take at most 1.5 times as long as the first 50,000, and the store
/// opens, reads and writes within 2 s on the file that results. Option <c>--settlements</c> takes another number.
/// </summary>
internal static class MillionBenchmark
{
    private const int Callers = 1_024;
    private const int ChunkCommits = 50_000;
    private const int SamplesMax = 20_000;

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public static async Task RunAsync(string[] arguments)
    {
        var count = new Options(arguments).Number("settlements", 1_000_000);
        var report = new Report("store", "Store: a million settlements on SQLite", arguments, file: "store-million");
        var folder = Directory.CreateTempSubdirectory("agentpay-bench-million-").FullName;
        var path = Path.Combine(folder, "store.db");
        using var phases = new PhaseClock();
        var rows = new List<string[]>();
        var rates = new List<double>();
        var costs = new List<double>();
        await using (var store = await OpenAsync(path))
        {
            for (var from = 0; from < count; from += ChunkCommits)
            {
                var chunk = Math.Min(ChunkCommits, count - from);
                _ = phases.Take(TimeSpan.FromSeconds(1));
                var startedAt = Stopwatch.GetTimestamp();
                var cpu = CpuClock.SecondsOf(Environment.ProcessId);
                await WriteAsync(store, from, chunk);
                cpu = CpuClock.SecondsOf(Environment.ProcessId) - cpu;
                var took = Stopwatch.GetElapsedTime(startedAt);
                rates.Add(chunk / took.TotalSeconds);
                costs.Add(cpu / chunk * 1e6);
                rows.Add([$"{from + chunk:#,0}", Report.Number(rates[^1]), $"{new FileInfo(path).Length >> 20}", Report.Number(costs[^1]), Machine.Load()[..Machine.Load().IndexOf(' ', StringComparison.Ordinal)], .. phases.Take(took)]);
                Console.Error.WriteLine($"{from + chunk}: {rates[^1]:0}/s");
            }
        }

        report.Line("## Result");
        report.Line();
        report.Line($"- {count:#,0} whole settlements (new random key: state, message, deadline, event, transfer of a new payer, answer, record), {Callers} callers, each durable before its caller goes on");
        report.Line($"- first {ChunkCommits:#,0}: {Report.Number(rates[0])}/s; last {ChunkCommits:#,0}: {Report.Number(rates[^1])}/s; **slowdown {Report.Number(rates[0] / rates[^1])}** (goal: at most 1.5); slowest {Report.Number(rates.Min())}/s; all: {Report.Number(count / rates.Sum(rate => ChunkCommits / rate))}/s");
        report.Line($"- CPU a commit, callers and writer together, which other work on the machine disturbs less: first {Report.Number(costs[0])} µs, last {Report.Number(costs[^1])} µs: **{Report.Number(costs[^1] / costs[0])}** times");
        report.Line(await ReopenAsync(path, count));
        report.Line();
        report.Line("## Figures");
        report.Line();
        report.Line("Share of the chunk's wall time (longest single one in ms). The writer is one thread; the checkpoint beside it is another.");
        report.Line();
        report.Table(["settlements", "commits/s", "file MiB", "CPU µs a commit", "load", .. PhaseClock.Heads], rows);
        await report.SaveAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static Task<SqliteAtomicStore> OpenAsync(string path) =>
        SqliteAtomicStore.OpenAsync(new SqliteStoreOptions { Path = path }, TimeProvider.System, NullLogger<SqliteAtomicStore>.Instance);

    private static async Task WriteAsync(SqliteAtomicStore store, int from, int count)
    {
        var next = from - 1;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (var number = Interlocked.Increment(ref next); number < from + count; number = Interlocked.Increment(ref next))
            {
                var result = await store.CommitAsync(StoreLoad.WholeSettlement(Nonce(number), Now));
                Invariant.That(result.Status == CommitStatus.Committed, "Nobody else writes these grains.");
            }
        })));
    }

    /// <summary>Opens the file again: one read, one write, then a sample of all and the whole ledger.</summary>
    private static async Task<string> ReopenAsync(string path, int count)
    {
        var startedAt = Stopwatch.GetTimestamp();
        await using var store = await OpenAsync(path);
        var openedAt = Stopwatch.GetTimestamp();
        var read = await store.ReadAsync(StoreLoad.Settlement(Nonce(count / 2), Now).Grain, CancellationToken.None);
        var written = await store.CommitAsync(StoreLoad.WholeSettlement(Nonce(count), Now));
        var total = Stopwatch.GetElapsedTime(startedAt);
        Invariant.That(read is { Version: 1 } && written.Status == CommitStatus.Committed, "The store reads and writes what it kept.");
        var twice = await store.CommitAsync(StoreLoad.WholeSettlement(Nonce(count / 3), Now));
        var missing = 0;
        var step = Math.Max(1, count / SamplesMax);
        foreach (var chunk in Enumerable.Range(0, (count + step - 1) / step).Chunk(500))
        {
            var rows = await store.ReadManyAsync([.. chunk.Select(place => StoreLoad.Settlement(Nonce(place * step), Now).Grain)], CancellationToken.None);
            missing += rows.Count(row => row is null);
        }

        var ledger = (await store.ReadLedgerTotalsAsync(CancellationToken.None)).Single();
        return $"""
            - open again **{Report.Number(Stopwatch.GetElapsedTime(startedAt, openedAt).TotalSeconds)} s**, with one read and one write {Report.Number(total.TotalSeconds)} s (goal: 2 s); file {new FileInfo(path).Length >> 20} MiB
            - read back: every {step}th settlement, missing {missing}; one settled again: {twice.Status}; ledger rows {ledger.Transfers:#,0} of {count + 1:#,0}, sum of all postings {ledger.PostingSum}
            """;
    }

    /// <summary>Random to the store, known to the reader.</summary>
    private static string Nonce(int number) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture))));
}
