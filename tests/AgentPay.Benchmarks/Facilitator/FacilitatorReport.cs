using AgentPay.Benchmarks.Reports;

namespace AgentPay.Benchmarks.Facilitator;

/// <summary>The page of <see cref="FacilitatorBenchmark"/>: ratios first.</summary>
internal static class FacilitatorReport
{
    public static void Write(Report report, Plan plan, IReadOnlyList<Measurement> measured)
    {
        report.Line("## Ratios");
        report.Line();
        report.Table(["load", "connections", "engine : reference", "engine, good %", "reference, good %"], Ratios(measured));
        report.Line("## Figures");
        report.Line();
        report.Line($"{plan.Rounds} rounds of {plan.Duration.TotalSeconds:0} s in turn, after a warm-up of 3 s each; every figure is the median of its rounds. Everything, the load driver included, shares the cores.");
        report.Line();
        report.Table(Measurement.Heads, measured.Select(side => side.Row));
        report.Table(["load", "facilitator", "connections", "acknowledged", "of them not on the chain", "paid without a good answer"], ReadBacks(measured));
        report.Line("""
            How to read it:

            - The loop is closed: a connection sends its next request when it has its answer. A settle is answered after its block, so on 1 s blocks nobody can
              give more than one answer a second and connection: 64/s at 64 connections and 256/s at 256 are the ceiling of anybody, whatever it does (a few
              per cent more show where a run of seconds begins late in a block and ends early in one). The ratio
              there says how near the reference is to that ceiling; that is why 1,024 connections are measured too.
            - Each facilitator runs as its own process with its own key on the same chain. The engine runs with its default settings (it looks at the
              chain's head every 500 ms, and every 100 ms while something was just submitted); the reference polls receipts as its example does on this chain (every 1,000 ms).
            - `good/s` counts good answers only; its time ends with the last answer. `reference` is the reference as it comes; `+ nonce manager` has viem's nonce manager added.
            - Every acknowledged settle is read back from the chain: the token's `authorizationState` must be true.
            """);
    }

    private static IEnumerable<IReadOnlyList<string>> Ratios(IReadOnlyList<Measurement> measured) =>
        from engine in measured
        where engine.Facilitator.Name == "engine"
        from other in measured
        where other != engine && other.Leg == engine.Leg && other.Connections == engine.Connections
        select (IReadOnlyList<string>)
        [
            engine.Leg + (other.Facilitator.Name == "reference" ? ", without nonce manager" : ""), $"{engine.Connections}",
            $"**{Report.Number(engine.PerSecond / Math.Max(other.PerSecond, 0.01))}** ({Report.Number(engine.PerSecond)} : {Report.Number(other.PerSecond)} a second)",
            Report.Number(engine.GoodPercent), Report.Number(other.GoodPercent),
        ];

    private static IEnumerable<IReadOnlyList<string>> ReadBacks(IReadOnlyList<Measurement> measured) =>
        from side in measured
        where side.Leg != "verify"
        let read = side.ReadBack
        select (IReadOnlyList<string>)[side.Leg, side.Facilitator.Name, $"{side.Connections}", $"{read.Acknowledged}", $"{read.NotOnChain}", $"{read.PaidUnanswered}"];
}
