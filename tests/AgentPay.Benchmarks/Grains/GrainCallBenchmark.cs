using System.Diagnostics;
using AgentPay.Benchmarks.Reports;
using AgentPay.EmbeddedSilo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentPay.Benchmarks.Grains;

/// <summary>What one grain call costs beside a bare channel. Goal: less than a microsecond or two, nothing next to an HTTP request (18 µs and more).</summary>
internal static class GrainCallBenchmark
{
    private const int Sequential = 400_000;
    private const int Callers = 64;
    private const int CallsEach = 20_000;

    public static async Task RunAsync(string[] arguments)
    {
        var rounds = new Options(arguments).Number("rounds", 3);
        var report = new Report("grain-call", "Grain call: the embedded silo beside a bare channel", arguments);
        var services = new ServiceCollection();
        services.AddEmbeddedSilo(silo => silo.AddGrains(typeof(EchoGrain).Assembly));
        await using var provider = services.BuildServiceProvider();
        foreach (var service in provider.GetServices<IHostedService>())
        {
            await service.StartAsync(CancellationToken.None);
        }

        var grains = Enumerable.Range(0, Callers).Select(key => provider.GetRequiredService<IGrainFactory>().GetGrain<IEchoGrain>($"{key}")).ToArray();
        var mailboxes = Enumerable.Range(0, Callers).Select(_ => new Mailbox()).ToArray();
        (string Case, Func<Task<Cost>> Grain, Func<Task<Cost>> Channel)[] cases =
        [
            ("one caller, one target", () => MeasureAsync(1, Sequential, (_, n) => grains[0].EchoAsync(n)), () => MeasureAsync(1, Sequential, (_, n) => new ValueTask<long>(mailboxes[0].AskAsync(n)))),
            ("64 callers, one target", () => MeasureAsync(Callers, CallsEach, (_, n) => grains[0].EchoAsync(n)), () => MeasureAsync(Callers, CallsEach, (_, n) => new ValueTask<long>(mailboxes[0].AskAsync(n)))),
            ("64 callers, 64 targets", () => MeasureAsync(Callers, CallsEach, (i, n) => grains[i].EchoAsync(n)), () => MeasureAsync(Callers, CallsEach, (i, n) => new ValueTask<long>(mailboxes[i].AskAsync(n)))),
        ];
        var rows = new List<IReadOnlyList<string>>();
        foreach (var (name, grain, channel) in cases)
        {
            await grain();
            await channel();
            var (ofGrain, ofChannel) = (new List<Cost>(), new List<Cost>());
            for (var round = 0; round < rounds; round++)
            {
                ofGrain.Add(await grain());
                ofChannel.Add(await channel());
            }

            var (a, b) = (Median(ofGrain), Median(ofChannel));
            rows.Add([name, $"**{Report.Number(a.Nanoseconds / b.Nanoseconds)}**", Report.Number(a.Nanoseconds), Report.Number(a.Bytes), Report.Number(b.Nanoseconds), Report.Number(b.Bytes)]);
        }

        report.Table(["case", "grain : channel, time", "grain ns a call", "grain bytes a call", "channel ns an ask", "channel bytes an ask"], rows);
        report.Line($"Grain and channel in turn, {rounds} rounds, median, after one round of each that is not counted. Time is wall time by calls, so with 64 callers it is the inverse of the throughput. Bytes are all that the process allocated.");
        await report.SaveAsync();
        foreach (var service in provider.GetServices<IHostedService>())
        {
            await service.StopAsync(CancellationToken.None);
        }
    }

    private static Cost Median(List<Cost> costs) => new(Report.Median(costs.Select(cost => cost.Nanoseconds)), Report.Median(costs.Select(cost => cost.Bytes)));

    private static async Task<Cost> MeasureAsync(int callers, int callsEach, Func<int, long, ValueTask<long>> call)
    {
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var startedAt = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (var n = 0L; n < callsEach; n++)
            {
                if (await call(caller, n) != n)
                {
                    throw new InvalidOperationException("A call was answered with another's number.");
                }
            }
        })));
        var calls = (double)callers * callsEach;
        return new Cost(Stopwatch.GetElapsedTime(startedAt).TotalNanoseconds / calls, (GC.GetTotalAllocatedBytes(precise: true) - bytes) / calls);
    }

    private sealed record Cost(double Nanoseconds, double Bytes);
}
