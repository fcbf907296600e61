using System.Diagnostics;
using System.Globalization;
using AgentPay.Benchmarks.Load;
using AgentPay.Benchmarks.Reports;
using AgentPay.Benchmarks.World;

namespace AgentPay.Benchmarks.Facilitator;

/// <summary>
/// What the engine adds to the time its node takes: one request after the other, each latency without the time in which a request was with the node.
/// Goal for settle: p50 below 3 ms. Also verify at half of the rate it was measured at: p99 below 10 ms.
/// </summary>
internal static class OverheadBenchmark
{
    private const int WarmUps = 1_000;
    private const int HopSamples = 2_000;

    public static async Task RunAsync(string[] arguments)
    {
        var options = new Options(arguments);
        var (count, seconds) = (options.Number("requests", 500), options.Number("seconds", 10));
        var report = new Report("overhead", "Overhead: what the engine adds to its node", arguments);
        await using var chain = await LocalChain.StartAsync(blockSeconds: 0);
        var payments = await Payments.PrepareAsync(chain, payers: 20);
        var rows = new List<string[]>();
        foreach (var isTold in new[] { true, false })
        {
            rows.AddRange(await OneByOneAsync(chain, payments, count, isTold));
        }

        report.Table(
            ["request", "latency p50 ms", "with the node p50 ms", "until its block p50 ms", "exchanges", "the proxy's hop ms", "engine and proxy p50 ms", "engine p50 ms", "engine p99 ms", "failures"], rows);
        report.Line($"""
            {count} of each (a fifth of it for what waits a tenth of a second), one after the other, after {WarmUps} to warm up; a proxy between engine and node notes when a request is with the node.
            `until its block` is from the node's last answer until it tells of a block. `engine and proxy` is all else; `engine` is that without what the proxy makes each exchange longer, which is
            measured before: `eth_chainId`, {HopSamples} times through it and {HopSamples} times past it in turns, difference of the medians. Of a settle, `engine` is checks, signature and durable commits.
            `told` has `WebSocketUrl` set: the node tells of its blocks. Without, the engine looks for them every `BusyPollMilliseconds` (100), which is what such a settle waits for.
            """);
        report.Line();

        await HalfLoadAsync(report, chain, payments, TimeSpan.FromSeconds(seconds));
        await report.SaveAsync();
    }

    private static async Task<string[][]> OneByOneAsync(LocalChain chain, Payments payments, int count, bool isTold)
    {
        await using var tap = new RpcTap(chain.Url);
        var settings = new Dictionary<string, string> { ["AgentPay__Chains__0__RpcUrls__0"] = tap.Url.ToString() };
        if (isTold)
        {
            settings["AgentPay__Chains__0__WebSocketUrl"] = tap.WebSocketUrl.ToString();
        }

        await using var engine = await FacilitatorProcess.StartEngineAsync(chain, settings);
        using var connection = await HttpConnection.OpenAsync(engine.Url, CancellationToken.None);
        var hop = await MeasureHopAsync(chain.Url, tap.Url);
        _ = await AskAsync(connection, tap, hop, payments.Sign(WarmUps, "/facilitator/verify"), Answers.Verified);
        var verifies = await AskAsync(connection, tap, hop, payments.Sign(count, "/facilitator/verify"), Answers.Verified);
        var fewer = isTold ? 1 : 5;
        _ = await AskAsync(connection, tap, hop, payments.Sign(WarmUps / fewer, "/facilitator/settle"), Answers.Settled);
        var settles = await AskAsync(connection, tap, hop, payments.Sign(count / fewer, "/facilitator/settle"), Answers.Settled);
        return isTold ? [Row("verify", verifies), Row("settle, told of blocks", settles)] : [Row("settle, looking for blocks", settles)];
    }

    /// <summary>By how much the tap makes one exchange with the node longer, ms.</summary>
    private static async Task<double> MeasureHopAsync(Uri node, Uri tap)
    {
        var request = HttpConnection.Post("/", """{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}""");
        using var past = await HttpConnection.OpenAsync(node, CancellationToken.None);
        using var through = await HttpConnection.OpenAsync(tap, CancellationToken.None);
        var (without, with) = (new List<double>(), new List<double>());
        for (var i = 0; i < 2 * HopSamples; i++)
        {
            foreach (var (connection, taken) in new[] { (past, without), (through, with) })
            {
                var sentAt = Stopwatch.GetTimestamp();
                _ = await connection.SendAsync(request, CancellationToken.None);
                if (i >= HopSamples)
                {
                    taken.Add(Stopwatch.GetElapsedTime(sentAt).TotalMilliseconds);
                }
            }
        }

        return Math.Max(0, Report.Median(with) - Report.Median(without));
    }

    private static async Task HalfLoadAsync(Report report, LocalChain chain, Payments payments, TimeSpan duration)
    {
        await using var engine = await FacilitatorProcess.StartEngineAsync(chain);
        var requests = payments.Sign(4_096, "/facilitator/verify").Requests;
        _ = await new ClosedLoop(engine.Url, 64, Answers.Verified).RunAsync(requests, repeat: true, TimeSpan.FromSeconds(5));
        var full = await new ClosedLoop(engine.Url, 64, Answers.Verified).RunAsync(requests, repeat: true, duration);
        var connections = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => HttpConnection.OpenAsync(engine.Url, CancellationToken.None)));
        var half = await new OpenLoop(connections, full.PerSecond / 2, Answers.Verified).RunAsync(requests, duration);
        var floor = await new OpenLoop(connections, full.PerSecond / 2, Answers.Ok).RunAsync([HttpConnection.Get("/facilitator/supported")], duration);
        var lines = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => HttpConnection.OpenAsync(chain.Url, CancellationToken.None)));
        var node = await new OpenLoop(lines, full.PerSecond / 2, Answers.Called).RunAsync(payments.SignCalls(4_096), duration);
        foreach (var connection in connections.Concat(lines))
        {
            connection.Dispose();
        }

        report.Table(
            ["verify, 64 connections", "per second", "p50 ms", "p99 ms", "good %"],
            [
                ["as fast as it goes", Report.Number(full.PerSecond), Report.Number(full.P50), Report.Number(full.P99), Report.Number(full.GoodPercent)],
                ["at half of that rate", Report.Number(half.PerSecond), Report.Number(half.P50), $"**{Report.Number(half.P99)}**", Report.Number(half.GoodPercent)],
                ["`/facilitator/supported` at that rate", Report.Number(floor.PerSecond), Report.Number(floor.P50), Report.Number(floor.P99), Report.Number(floor.GoodPercent)],
                ["the node alone, `eth_call` of a transfer, at that rate", Report.Number(node.PerSecond), Report.Number(node.P50), Report.Number(node.P99), Report.Number(node.GoodPercent)],
            ]);
        report.Line($"""
            At half load requests are sent when they are due, whether or not answers came, and their latency counts from then. {duration.TotalSeconds:0} s each.
            `/facilitator/supported` asks no node and no store: what it takes is the load generator's (whose timer has steps of a millisecond), the server's and the machine's.
            The node alone is what a verify waits for at the least, each transfer in a question of its own; the engine lets some share one.
            """);
    }

    private static async Task<Overhead> AskAsync(HttpConnection connection, RpcTap tap, double hop, PaymentRequests payments, Func<HttpAnswer, string?> judge)
    {
        var asked = new Overhead(hop);
        foreach (var request in payments.Requests)
        {
            tap.Clear();
            var sentAt = Stopwatch.GetTimestamp();
            var failure = judge(await connection.SendAsync(request, CancellationToken.None));
            var answeredAt = Stopwatch.GetTimestamp();
            if (failure is not null)
            {
                asked.Failures.Add(failure);
                continue;
            }

            var (latency, node) = (Stopwatch.GetElapsedTime(sentAt, answeredAt).TotalMilliseconds, tap.BusyWithin(sentAt, answeredAt).TotalMilliseconds);
            var chain = tap.BusyOrMiningWithin(sentAt, answeredAt).TotalMilliseconds;
            asked.Latencies.Add(latency);
            asked.Node.Add(node);
            asked.Mining.Add(chain - node);
            var exchanges = tap.ExchangesWithin(sentAt, answeredAt);
            asked.Exchanges.Add(exchanges);
            asked.WithProxy.Add(latency - chain);
            asked.Engine.Add(latency - chain - (exchanges * hop));
        }

        return asked;
    }

    private static string[] Row(string name, Overhead asked) =>
    [
        name, Report.Number(Report.Median(asked.Latencies)), Report.Number(Report.Median(asked.Node)), Report.Number(Report.Median(asked.Mining)), Report.Number(Report.Median(asked.Exchanges)),
        Report.Number(asked.Hop), Report.Number(Report.Median(asked.WithProxy)), $"**{Report.Number(Report.Median(asked.Engine))}**",
        Report.Number(asked.Engine.Order().ElementAt((int)(0.99 * (asked.Engine.Count - 1)))),
        asked.Failures.Count == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{asked.Failures.Count} × {asked.Failures[0]}"),
    ];

    private sealed class Overhead(double hop)
    {
        public double Hop => hop;

        public List<double> Exchanges { get; } = [];

        public List<double> WithProxy { get; } = [];

        public List<double> Latencies { get; } = [];

        public List<double> Node { get; } = [];

        public List<double> Mining { get; } = [];

        public List<double> Engine { get; } = [];

        public List<string> Failures { get; } = [];
    }
}
