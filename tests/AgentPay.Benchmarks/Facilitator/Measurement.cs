using AgentPay.Benchmarks.Load;
using AgentPay.Benchmarks.Reports;
using AgentPay.Benchmarks.World;

namespace AgentPay.Benchmarks.Facilitator;

/// <summary>One load on one facilitator, with what it cost and what the chain says of it afterwards.</summary>
internal sealed record Round(LoadResult Load, double FacilitatorMicroseconds, double ChainMicroseconds, int Unconfirmed, int PaidUnanswered);

/// <summary>The rounds of one facilitator under one load.</summary>
internal sealed class Measurement(string leg, FacilitatorProcess facilitator, LocalChain chain, int connections)
{
    private readonly List<Round> rounds = [];

    public string Leg => leg;

    public FacilitatorProcess Facilitator => facilitator;

    public int Connections => connections;

    public double PerSecond => Report.Median(rounds.Select(round => round.Load.PerSecond));

    public double GoodPercent => Report.Median(rounds.Select(round => round.Load.GoodPercent));

    public static IReadOnlyList<string> Heads { get; } =
        ["load", "facilitator", "connections", "good/s", "p50 ms", "p99 ms", "good %", "CPU µs/good: facilitator", "CPU µs/good: chain", "good/s of each round", "failures"];

    public IReadOnlyList<string> Row =>
    [
        leg, facilitator.Name, $"{connections}", Report.Number(PerSecond), Median(round => round.Load.P50), Median(round => round.Load.P99),
        Report.Number(GoodPercent), Median(round => round.FacilitatorMicroseconds), Median(round => round.ChainMicroseconds),
        string.Join(", ", rounds.Select(round => Report.Number(round.Load.PerSecond))), Failures(),
    ];

    /// <summary>Settlements that were acknowledged: how many, and how many of them the chain does not know.</summary>
    public (int Acknowledged, int NotOnChain, int PaidUnanswered) ReadBack =>
        (rounds.Sum(round => round.Load.Good.Count), rounds.Sum(round => round.Unconfirmed), rounds.Sum(round => round.PaidUnanswered));

    public async Task VerifyAsync(PaymentRequests payments, TimeSpan duration, bool keep)
    {
        var (load, facilitatorSeconds, chainSeconds) = await LoadAsync(payments, repeat: true, duration, Answers.Verified);
        Keep(load, facilitatorSeconds, chainSeconds, 0, 0, keep);
    }

    public async Task SettleAsync(PaymentRequests payments, TimeSpan duration, bool keep)
    {
        var (load, facilitatorSeconds, chainSeconds) = await LoadAsync(payments, repeat: false, duration, Answers.Settled);
        var used = await chain.AreUsedAsync(payments.Authorizations);
        var good = load.Good.ToHashSet();
        Keep(load, facilitatorSeconds, chainSeconds, good.Count(i => !used[i]), Enumerable.Range(0, used.Length).Count(i => used[i] && !good.Contains(i)), keep);
    }

    private async Task<(LoadResult Load, double Facilitator, double Chain)> LoadAsync(PaymentRequests payments, bool repeat, TimeSpan duration, Func<HttpAnswer, string?> judge)
    {
        var (facilitatorBefore, chainBefore) = (CpuClock.SecondsOf(facilitator.ProcessId), CpuClock.SecondsOf(chain.ProcessId));
        var load = await new ClosedLoop(facilitator.Url, connections, judge).RunAsync(payments.Requests, repeat, duration);
        return (load, CpuClock.SecondsOf(facilitator.ProcessId) - facilitatorBefore, CpuClock.SecondsOf(chain.ProcessId) - chainBefore);
    }

    private void Keep(LoadResult load, double facilitatorSeconds, double chainSeconds, int unconfirmed, int paidUnanswered, bool keep)
    {
        var good = Math.Max(load.Latencies.Length, 1);
        var round = new Round(load, facilitatorSeconds * 1e6 / good, chainSeconds * 1e6 / good, unconfirmed, paidUnanswered);
        Console.Error.WriteLine($"{(keep ? "" : "(warm-up) ")}{leg}, {facilitator.Name}, {connections} connections: {Report.Number(load.PerSecond)}/s, {Report.Number(load.GoodPercent)} % good, p50 {Report.Number(load.P50)} ms");
        if (keep)
        {
            rounds.Add(round);
        }
    }

    private string Median(Func<Round, double> of) => Report.Number(Report.Median(rounds.Select(of)));

    private string Failures()
    {
        var all = rounds.SelectMany(round => round.Load.Failures).GroupBy(pair => pair.Key, pair => pair.Value).OrderByDescending(group => group.Sum());
        var text = string.Join("; ", all.Take(3).Select(group => $"{group.Sum()} × {group.Key.Replace('|', '/')}"));
        return text.Length == 0 ? "none" : text;
    }
}
