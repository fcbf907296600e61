using System.Globalization;
using System.Text;
using AgentPay.Benchmarks.Load;
using AgentPay.Benchmarks.Reports;
using AgentPay.Domain.Books;
using AgentPay.Domain.Decisions;
using AgentPay.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentPay.Benchmarks.Transfers;

/// <summary>
/// Book transfers over HTTP, durable before they are answered. Goal on two cores with the load generator on them: one a request 20,000 a second with p99
/// of 25 ms and unloaded p50 below 1 ms; 1,000 a request 100,000 a second.
/// </summary>
internal static class TransfersBenchmark
{
    private const int Funds = 1_000_000_000;

    private static readonly (string Name, int Connections, int Count, bool OneReceiver)[] Legs =
    [
        ("one a request, unloaded", 1, 0, false),
        ("one a request", 128, 0, false),
        ("one a request, one receiver", 128, 0, true),
        ("1,000 a request", 8, 1_000, false),
    ];

    public static async Task RunAsync(string[] arguments)
    {
        var options = new Options(arguments);
        var (rounds, duration) = (options.Number("rounds", 3), TimeSpan.FromSeconds(options.Number("seconds", 5)));
        var report = new Report("transfers", "Transfers: book transfers over HTTP", arguments);
        var data = Directory.CreateTempSubdirectory("agentpay-bench-transfers-").FullName;
        var only = options.Text("leg");
        var rates = Legs.Select(_ => new List<TransferRate>()).ToArray();
        TransferLoad load;
        await using (var engine = await BookEngine.StartAsync(data))
        {
            load = new TransferLoad(engine);
            await FundAsync(engine);
            for (var round = 0; round <= rounds; round++)
            {
                for (var leg = 0; leg < Legs.Length; leg++)
                {
                    var (name, connections, count, oneReceiver) = Legs[leg];
                    if (only is not null && only != name)
                    {
                        continue;
                    }

                    var rate = await load.RunAsync(connections, count, oneReceiver, round == 0 ? TimeSpan.FromSeconds(2) : duration);
                    Console.Error.WriteLine($"{name}: {rate}");
                    if (round > 0)
                    {
                        rates[leg].Add(rate);
                    }
                }
            }
        }

        Write(report, rates, rounds, duration);
        await ReadBackAsync(report, load, data);
        await report.SaveAsync();
        Directory.Delete(data, recursive: true);
    }

    private static async Task FundAsync(BookEngine engine)
    {
        using var connection = await HttpConnection.OpenAsync(engine.Url, CancellationToken.None);
        foreach (var accounts in Enumerable.Range(0, TransferTraffic.Accounts).Chunk(BookTransfers.OrdersMax))
        {
            var orders = accounts.Select(account => $$"""{"from":"{{BookEngine.Issuer}}","to":"{{TransferTraffic.NameOf(account)}}","asset":"{{BookEngine.Asset}}","amount":"{{Funds}}"}""");
            var body = $$"""{"transfers":[{{string.Join(',', orders)}}]}""";
            var answer = await connection.SendAsync(
                Encoding.ASCII.GetBytes($"POST /v1/transfers HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: fund-{accounts[0]}\r\nContent-Length: {body.Length}\r\n\r\n{body}"), CancellationToken.None);
            Invariant.That(answer.Status == 200, "Every account is funded.");
        }
    }

    private static void Write(Report report, List<TransferRate>[] rates, int rounds, TimeSpan duration)
    {
        report.Line("## Figures");
        report.Line();
        report.Line($"Loads in turn, {rounds} rounds of {duration.TotalSeconds:0} s, median. The load generator runs on the same cores; a transfer counts when it was acknowledged, which is after it was durable. {TransferTraffic.Accounts:N0} accounts, each request with an Idempotency-Key of its own. CPU per transfer: the engine's is the regression gate.");
        report.Line();
        report.Table(
            ["load", "connections", "transfers/s", "p50 ms", "p99 ms", "engine CPU µs", "of it store writer", "generator CPU µs"],
            Legs.Select((leg, i) => new[]
            {
                leg.Name, leg.Connections.ToString(CultureInfo.InvariantCulture), Of(rates[i], rate => rate.PerSecond), Of(rates[i], rate => rate.P50), Of(rates[i], rate => rate.P99),
                Of(rates[i], rate => rate.EngineMicroseconds), Of(rates[i], rate => rate.WriterMicroseconds), Of(rates[i], rate => rate.DriverMicroseconds),
            }));
        report.Line($"One receiver for all : spread over all accounts = **{Report.Number(Median(rates[2]) / Median(rates[1]))}**");
        report.Line();
    }

    /// <summary>The engine was killed; its file must hold every acknowledged transfer, and balances that follow from them.</summary>
    private static async Task ReadBackAsync(Report report, TransferLoad load, string data)
    {
        await using var store = await SqliteAtomicStore.OpenAsync(
            new SqliteStoreOptions { Path = Path.Combine(data, "agentpay.db") }, TimeProvider.System, NullLogger<SqliteAtomicStore>.Instance);
        var missing = 0;
        foreach (var id in load.Acknowledged)
        {
            missing += (await store.ReadObjectEventsAsync(Encoding.ASCII.GetString(id), CancellationToken.None)).Count == 1 ? 0 : 1;
        }

        var book = new GrainRef(Book.GrainType, Book.OperatorsKey);
        var rows = (await store.ReadRecordsAsync(book, CancellationToken.None)).ToDictionary(row => row.Id, row => BookRows.Read(row.Body.Span)[0].Atoms);
        var (wrongRows, wrongLedger) = (0, 0);
        for (var account = 0; account < TransferTraffic.Accounts; account++)
        {
            var (name, expected) = (TransferTraffic.NameOf(account), (Int128)(Funds + load.Moved[account]));
            wrongRows += rows[name] == expected ? 0 : 1;
            wrongLedger += account % 100 != 0 || await store.ReadBalanceAsync(BookAccounts.LedgerName(Book.OperatorsKey, name), BookEngine.Asset, CancellationToken.None) == expected ? 0 : 1;
        }

        var total = (await store.ReadLedgerTotalsAsync(CancellationToken.None)).Single();
        report.Line("## Read back");
        report.Line();
        report.Line("After kill -9 of the engine, from its file:");
        report.Line();
        report.Line($"- transfers acknowledged {load.Booked}, in {load.Acknowledged.Count} requests; requests missing: {missing}; requests not acknowledged: {load.Failures}");
        report.Line($"- ledger rows {total.Transfers - TransferTraffic.Accounts} (without the {TransferTraffic.Accounts} that fund), sum of all postings {total.PostingSum}");
        report.Line($"- accounts whose balance is not what was acknowledged: {wrongRows} of {TransferTraffic.Accounts}; by the ledger's rows, of every hundredth: {wrongLedger}");
    }

    private static string Of(List<TransferRate> rates, Func<TransferRate, double> figure) => Report.Number(Report.Median(rates.Select(figure)));

    private static double Median(List<TransferRate> rates) => Report.Median(rates.Select(rate => rate.PerSecond));
}
