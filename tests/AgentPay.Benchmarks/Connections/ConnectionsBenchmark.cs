using System.Globalization;
using AgentPay.Benchmarks.Facilitator;
using AgentPay.Benchmarks.Load;
using AgentPay.Benchmarks.Reports;
using AgentPay.Benchmarks.World;

namespace AgentPay.Benchmarks.Connections;

/// <summary>
/// Many connections held at once. Goal: 1,000 and 10,000, no errors, memory bounded. Each verifies in its turn, then each has a settlement under way at the
/// same time; every acknowledged settlement is read back from the chain.
/// </summary>
internal static class ConnectionsBenchmark
{
    private const int Payers = 100;
    private const double VerifiesPerSecond = 1_000;
    private static readonly int[] Counts = [64, 1_000, 10_000];

    public static async Task RunAsync(string[] arguments)
    {
        var options = new Options(arguments);
        var duration = TimeSpan.FromSeconds(options.Number("seconds", 20));
        var report = new Report("connections", "Connections: many held at once", arguments);
        await using var chain = await LocalChain.StartAsync(blockSeconds: 1);
        var payments = await Payments.PrepareAsync(chain, Payers);
        await using var engine = await FacilitatorProcess.StartEngineAsync(chain);
        var rows = new List<string[]>();
        foreach (var count in Counts)
        {
            rows.Add(await HoldAsync(engine, chain, payments, count, duration));
        }

        report.Table(
            [
                "connections", "engine MiB, idle before", "MiB, all open", "MiB, verifying", "verifies/s", "p50 ms", "p99 ms", "failures",
                "settles at once", "good", "slowest s", "failures", "of the good not on the chain", "MiB after them", "MiB, all closed",
            ],
            rows);
        report.Line($"""
            How to read it: connections are opened and stay open. {VerifiesPerSecond:#,0} verifies a second go over all of them in turn for {duration.TotalSeconds:0} s, latency from the moment each was due.
            Then each connection sends one settle, all at once, {Payers} payers, blocks of 1 s; an answer waits for its block. The driver shares the cores.
            """);
        await report.SaveAsync();
    }

    private static async Task<string[]> HoldAsync(FacilitatorProcess engine, LocalChain chain, Payments payments, int count, TimeSpan duration)
    {
        var row = new List<string> { $"{count:#,0}", Resident(engine) };
        var connections = await OpenAsync(engine.Url, count);
        row.Add(Resident(engine));

        var verifies = await new OpenLoop(connections, VerifiesPerSecond, Answers.Verified).RunAsync(payments.Sign(1_000, "/facilitator/verify").Requests, duration);
        row.AddRange([Resident(engine), Report.Number(verifies.PerSecond), Report.Number(verifies.P50), Report.Number(verifies.P99), Failures(verifies)]);

        var settling = payments.Sign(count, "/facilitator/settle");
        var settles = await new OpenLoop(connections, perSecond: count, Answers.Settled).RunAsync(settling.Requests, TimeSpan.FromSeconds(1));
        var used = await chain.AreUsedAsync(settling.Authorizations);
        row.AddRange(
        [
            $"{count:#,0}", $"{settles.Good.Count:#,0}", Report.Number(settles.Latencies.LastOrDefault(double.NaN) / 1_000), Failures(settles),
            $"{settles.Good.Count(i => !used[i])}", Resident(engine),
        ]);
        foreach (var connection in connections)
        {
            connection.Dispose();
        }

        // An answer over a new connection: the engine has seen the others go.
        using var last = await HttpConnection.OpenAsync(engine.Url, CancellationToken.None);
        _ = await last.SendAsync(payments.Sign(1, "/facilitator/verify").Requests[0], CancellationToken.None);
        row.Add(Resident(engine));
        Console.Error.WriteLine(string.Join(" | ", row));
        return [.. row];
    }

    private static async Task<HttpConnection[]> OpenAsync(Uri server, int count)
    {
        var connections = new List<HttpConnection>(count);
        foreach (var some in Enumerable.Range(0, count).Chunk(100))
        {
            connections.AddRange(await Task.WhenAll(some.Select(_ => HttpConnection.OpenAsync(server, CancellationToken.None))));
        }

        return [.. connections];
    }

    private static string Failures(LoadResult load) =>
        load.Failures.Count == 0 ? "none" : string.Join("; ", load.Failures.OrderByDescending(failure => failure.Value).Take(3).Select(failure => $"{failure.Value} × {failure.Key}"));

    private static string Resident(FacilitatorProcess engine)
    {
        var line = File.ReadLines($"/proc/{engine.ProcessId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return Report.Number(double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024);
    }
}
