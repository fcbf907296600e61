using System.Diagnostics.Metrics;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Chains;

namespace AgentPay.Grains;

/// <summary>What the grains count (docs/reference/metrics.md).</summary>
public sealed class GrainMetrics
{
    private readonly Meter meter;
    private readonly Counter<long> settlements;
    private readonly Counter<long> verifications;
    private readonly Histogram<double> settleDuration;
    private readonly Counter<long> transfers;

    /// <summary>Registers the instruments on the meter <c>AgentPay</c>.</summary>
    public GrainMetrics(IMeterFactory meters)
    {
        meter = meters.Create("AgentPay");
        settlements = meter.CreateCounter<long>("agentpay.settlement.changes", "{change}", "Settlements that entered a status.");
        verifications = meter.CreateCounter<long>("agentpay.facilitator.verifications", "{verification}", "Payments verified, by verdict.");
        settleDuration = meter.CreateHistogram<double>("agentpay.facilitator.settle.duration", "s", "From a settle request to its answer.");
        transfers = meter.CreateCounter<long>("agentpay.book.transfers", "{transfer}", "Book transfers judged, by outcome.");
    }

    /// <summary>Shows which keys of these chains this process holds, and what they gave today.</summary>
    internal ChainDesk Show(ChainDesk desk)
    {
        meter.CreateObservableGauge<int>("agentpay.chain.key.held", unit: "{key}", observeValues: () => desk.KeysHeld.Select(Measure), description: "1 for a key that this process sends with.");
        meter.CreateObservableGauge<double>(
            "agentpay.chain.gas_money.today", unit: "{wei}", observeValues: () => desk.GasMoneyToday.Select(Measure), description: "Given today to payers who lacked the gas for their approvals.");
        return desk;
    }

    private static Measurement<int> Measure((string Network, int Key, bool IsHeld) key) => new(key.IsHeld ? 1 : 0, new("network", key.Network), new("key", key.Key));

    private static Measurement<double> Measure((string Network, int Key, UInt128 Wei) given) => new((double)given.Wei, new("network", given.Network), new("key", given.Key));

    /// <summary>A settlement entered a status.</summary>
    public void SettlementChanged(SettlementStatus status) => settlements.Add(1, new KeyValuePair<string, object?>("status", SettlementEvents.StatusWord(status)));

    /// <summary>A payment was verified.</summary>
    /// <param name="code">The refusal's code; null when valid.</param>
    public void Verified(string? code) => verifications.Add(1, new KeyValuePair<string, object?>("verdict", code ?? "valid"));

    /// <summary>A settle request was answered.</summary>
    public void Settled(TimeSpan duration, string? code) => settleDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("verdict", code ?? "settled"));

    /// <summary>A request's book transfers were judged, durably.</summary>
    public void TransfersJudged(int booked, int refused)
    {
        if (booked > 0)
        {
            transfers.Add(booked, new KeyValuePair<string, object?>("outcome", "booked"));
        }

        if (refused > 0)
        {
            transfers.Add(refused, new KeyValuePair<string, object?>("outcome", "refused"));
        }
    }
}
