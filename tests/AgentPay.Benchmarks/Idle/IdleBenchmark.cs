using System.Diagnostics;
using System.Globalization;
using AgentPay.Benchmarks.Grains;
using AgentPay.Benchmarks.Reports;
using AgentPay.Benchmarks.World;
using AgentPay.Domain.Settlements;
using AgentPay.EmbeddedSilo;
using AgentPay.Grains;
using AgentPay.Grains.Facilitator;
using AgentPay.Grains.Settlements;
using AgentPay.Storage.Contract;
using AgentPay.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace AgentPay.Benchmarks.Idle;

/// <summary>What an engine that does nothing costs: its start, its memory, and each grain that rests in memory.</summary>
internal static class IdleBenchmark
{
    private const int Grains = 20_000;

    public static async Task RunAsync(string[] arguments)
    {
        var rounds = new Options(arguments).Number("rounds", 5);
        var report = new Report("idle", "Start and rest", arguments);
        var (starts, residents) = await StartAsync(rounds);
        var (settlement, echo) = (await SettlementBytesAsync(), await EchoBytesAsync());
        report.Table(["what", "value"],
        [
            ["engine, process start to `/health/live` answering, ms (median of all starts)", $"**{Report.Number(Report.Median(starts))}**"],
            ["each start, ms", string.Join(", ", starts.Select(Report.Number))],
            ["engine's resident memory at rest after its start, MiB", Report.Number(Report.Median(residents))],
            ["managed bytes of an active settlement grain with its state and journal", $"**{Report.Number(settlement)}**"],
            ["managed bytes of an active grain without state", Report.Number(echo)],
        ]);
        report.Line($"The first start fills the disk cache. Grains: {Grains} are reserved and rest, heap after a full collection, by grain. An unused grain leaves memory after 15 minutes.");
        await report.SaveAsync();
    }

    private static async Task<(List<double> Milliseconds, List<double> MebiBytes)> StartAsync(int rounds)
    {
        var (starts, residents) = (new List<double>(), new List<double>());
        await using var chain = await LocalChain.StartAsync(blockSeconds: 0);
        using var http = new HttpClient();
        for (var i = 0; i < rounds; i++)
        {
            var startedAt = Stopwatch.GetTimestamp();
            await using var engine = await FacilitatorProcess.StartEngineAsync(chain);
            (await http.GetAsync(new Uri(engine.Url, "/health/live"))).EnsureSuccessStatusCode();
            starts.Add(Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
            var resident = File.ReadLines($"/proc/{engine.ProcessId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            residents.Add(double.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024);
        }

        return (starts, residents);
    }

    private static async Task<double> SettlementBytesAsync()
    {
        var folder = Directory.CreateTempSubdirectory("agentpay-bench-idle-").FullName;
        var services = new ServiceCollection().AddLogging().AddSingleton(TimeProvider.System).AddSqliteStore(Path.Combine(folder, "store.db"));
        services.AddSingleton(new ProcessIdentity(new OneProcess("benchmark")));
        services.AddEmbeddedSilo(silo => silo.AddGrains(typeof(GrainServices).Assembly));
        services.AddAgentPayGrains();
        var bytes = await MeasureAsync(services, (grains, i) =>
        {
            var terms = Terms(i);
            return grains.GetGrain<ISettlementGrain>(SettlementId.Of(terms)).ReserveAsync(new ReserveSettlement(terms, "key", "0x0000000000000000000000000000000000000001"), "caller");
        });
        Directory.Delete(folder, recursive: true);
        return bytes;
    }

    private static Task<double> EchoBytesAsync() => MeasureAsync(
        new ServiceCollection().AddEmbeddedSilo(silo => silo.AddGrains(typeof(EchoGrain).Assembly)),
        (grains, i) => grains.GetGrain<IEchoGrain>($"{i}").EchoAsync(i).AsTask());

    private static async Task<double> MeasureAsync(IServiceCollection services, Func<IGrainFactory, int, Task> call)
    {
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<SiloHost>().StartAsync(CancellationToken.None);
        var grains = provider.GetRequiredService<IGrainFactory>();
        await call(grains, Grains);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var chunk in Enumerable.Range(0, Grains).Chunk(1_000))
        {
            await Task.WhenAll(chunk.Select(i => call(grains, i)));
        }

        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Grains;
        await provider.GetRequiredService<SiloHost>().StopAsync(CancellationToken.None);
        return bytes;
    }

    private static SettlementTerms Terms(int number) => new()
    {
        Network = "eip155:84532",
        Method = "eip3009",
        Token = "0x036cbd53842c5426634e7929541ec2318f3dcf7e",
        DomainName = "USDC",
        DomainVersion = "2",
        Payer = $"0x{number:x40}",
        PayTo = "0x71c7656ec7ab88b098defb751b7401b5f6d8976f",
        Atoms = 1000,
        ValidAfter = "0",
        ValidBefore = "4000000000",
        Nonce = $"0x{number:x64}",
        Signature = $"0x{number:x130}",
        Digest = $"0x{number:x64}",
        GasLimit = 160_000,
    };
}
