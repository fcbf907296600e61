using AgentPay.Benchmarks.Reports;
using AgentPay.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Benchmarks.Store;

/// <summary>
/// Durable commits a second on SQLite (WAL, synchronous=FULL), beside one-row transactions through the same binding.
/// Goal: as fast as one row when alone, many times it when many wait; 35,000 wallet decisions a second at 1,024 callers.
/// </summary>
internal static class StoreBenchmark
{
    private const int Grains = 10_000;

    public static async Task RunAsync(string[] arguments)
    {
        if (arguments.Contains("--million"))
        {
            await MillionBenchmark.RunAsync(arguments);
            return;
        }

        var options = new Options(arguments);
        var (rounds, duration) = (options.Number("rounds", 3), TimeSpan.FromSeconds(options.Number("seconds", 3)));
        var report = new Report("store", "Store: durable commits a second on SQLite", arguments);
        var folder = Directory.CreateTempSubdirectory("agentpay-bench-store-").FullName;
        await using (var store = await SqliteAtomicStore.OpenAsync(
            new SqliteStoreOptions { Path = Path.Combine(folder, "store.db") }, TimeProvider.System, NullLogger<SqliteAtomicStore>.Instance))
        using (var baseline = new RowByRow(Path.Combine(folder, "baseline.db")))
        using (var phases = new PhaseClock())
        {
            var measured = new StoreMeasured(store, baseline, phases, options.Text("only"));
            await measured.FillAsync(Grains);
            foreach (var callers in options.Text("callers") is { } some ? [int.Parse(some, System.Globalization.CultureInfo.InvariantCulture)] : (int[])[1, 16, 128, 1_024])
            {
                await measured.RunAsync(callers, rounds, duration);
            }

            await measured.WriteAsync(report, rounds, duration);
        }

        await report.SaveAsync();
        Directory.Delete(folder, recursive: true);
    }
}
