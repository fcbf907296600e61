using AgentPay.Benchmarks.Reports;
using AgentPay.Benchmarks.World;

namespace AgentPay.Benchmarks.Facilitator;

/// <summary>
/// Verify and settle of the engine beside the reference TypeScript facilitator: the same chain, the same payments, round by round in turn.
/// Goal: verify 10 times the reference at 1 and at 64 connections, settle twice, and no failed settle under concurrency.
/// </summary>
internal static class FacilitatorBenchmark
{
    private const int Payers = 20;
    private const int VerifyPayments = 4_096;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(string[] arguments)
    {
        var options = new Options(arguments);
        var plan = new Plan(options.Number("rounds", 3), TimeSpan.FromSeconds(options.Number("seconds", 8)), (options.Text("legs") ?? "verify,automine,blocks").Split(','));
        var report = new Report("facilitator", "Facilitator: the engine beside the reference", arguments);
        var measured = new List<Measurement>();
        if (plan.Legs.Contains("verify") || plan.Legs.Contains("automine"))
        {
            await OnChainAsync(blockSeconds: 0, plan, measured);
        }

        if (plan.Legs.Contains("blocks"))
        {
            await OnChainAsync(blockSeconds: 1, plan, measured);
        }

        FacilitatorReport.Write(report, plan, measured);
        await report.SaveAsync();
    }

    private static async Task OnChainAsync(int blockSeconds, Plan plan, List<Measurement> measured)
    {
        await using var chain = await LocalChain.StartAsync(blockSeconds);
        var payments = await Payments.PrepareAsync(chain, Payers);
        await using var engine = await FacilitatorProcess.StartEngineAsync(chain);
        await using var reference = await FacilitatorProcess.StartReferenceAsync(chain, nonceManager: true);
        await using var plain = await FacilitatorProcess.StartReferenceAsync(chain, nonceManager: false);
        if (blockSeconds == 0 && plan.Legs.Contains("verify"))
        {
            foreach (var connections in (int[])[1, 64])
            {
                await VerifyAsync([.. new[] { engine, reference }.Select(side => new Measurement("verify", side, chain, connections))], payments, plan, measured);
            }
        }

        if (blockSeconds == 0 && plan.Legs.Contains("automine"))
        {
            await SettleAsync([.. new[] { engine, reference, plain }.Select(side => new Measurement("settle, a block a transaction", side, chain, 64))], payments, plan, measured);
        }

        if (blockSeconds > 0)
        {
            await SettleAsync([.. new[] { engine, reference, plain }.Select(side => new Measurement("settle, 1 s blocks", side, chain, 64))], payments, plan, measured);
            await SettleAsync([.. new[] { engine, reference }.Select(side => new Measurement("settle, 1 s blocks", side, chain, 256))], payments, plan, measured);
            await SettleAsync([.. new[] { engine, reference }.Select(side => new Measurement("settle, 1 s blocks", side, chain, 1_024))], payments, plan, measured);
        }
    }

    private static async Task VerifyAsync(Measurement[] sides, Payments payments, Plan plan, List<Measurement> measured)
    {
        measured.AddRange(sides);
        for (var round = 0; round <= plan.Rounds; round++)
        {
            foreach (var side in sides)
            {
                await side.VerifyAsync(payments.Sign(VerifyPayments, side.Facilitator.Path + "/verify"), round == 0 ? WarmUp : plan.Duration, keep: round > 0);
            }
        }
    }

    private static async Task SettleAsync(Measurement[] sides, Payments payments, Plan plan, List<Measurement> measured)
    {
        measured.AddRange(sides);
        for (var round = 0; round <= plan.Rounds; round++)
        {
            foreach (var side in sides)
            {
                var duration = round == 0 ? WarmUp : plan.Duration;
                var count = (int)(duration.TotalSeconds * Plan.SettlesPerSecondMax);
                await side.SettleAsync(payments.Sign(count, side.Facilitator.Path + "/settle"), duration, keep: round > 0);
            }
        }
    }
}

/// <summary>What is run.</summary>
internal sealed record Plan(int Rounds, TimeSpan Duration, IReadOnlyList<string> Legs)
{
    /// <summary>More payments a second than anybody settles here; a load that runs out of payments would end early.</summary>
    public const int SettlesPerSecondMax = 2_000;
}
