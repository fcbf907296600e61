using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Tests.Chains;

/// <summary>Keys of one chain: what goes wrong with one is nothing to the other.</summary>
public sealed class NeighbouringKeysTests
{
    [Fact]
    public async Task A_key_whose_transactions_cannot_be_counted_keeps_its_neighbour_from_nothing()
    {
        await using var engine = await Engine.StartAsync(hasTwoKeys: true);
        var (first, second) = await PayWithBothAsync(engine);
        engine.Chain.FailsToCount = account => account == engine.Gas;
        engine.Clock.Advance(TimeSpan.FromSeconds(6));
        await engine.UntilAsync(() => engine.Chain.CountFailures > 3, timePasses: true);

        var neighbour = engine.Chain.Pool.Single(hash => hash.ToString() == second.Transaction);
        engine.Chain.Drop(neighbour);

        await engine.UntilAsync(() => engine.Chain.Pool.Contains(neighbour), timePasses: true);
        Assert.NotEqual(first.Signer, second.Signer);
    }

    [Fact]
    public async Task A_key_that_cannot_be_taken_up_at_a_start_keeps_its_neighbour_from_nothing()
    {
        await using var engine = await Engine.StartAsync(hasTwoKeys: true);
        var (first, second) = await PayWithBothAsync(engine);
        engine.Chain.FailsToCount = account => account == engine.Gas;

        await engine.KillAsync(timePasses: true);
        engine.Chain.Mine();
        await engine.UntilAsync(async () => (await StoredAsync(engine, second))!.Status == SettlementStatus.Confirmed, timePasses: true);

        engine.Chain.FailsToCount = _ => false;
        await engine.UntilAsync(async () => (await StoredAsync(engine, first))!.Status == SettlementStatus.Confirmed, timePasses: true);
        await engine.AssertLedgerShowsTheChainAsync();
    }

    /// <summary>One submitted settlement of the first key and one of the second.</summary>
    private static async Task<(Settlement First, Settlement Second)> PayWithBothAsync(Engine engine)
    {
        var settlements = new Dictionary<string, Settlement>();
        while (settlements.Count < 2)
        {
            var payment = engine.Pay();
            _ = engine.SettleAsync(payment);
            await engine.UntilAsync(payment, SettlementStatus.Submitted);
            var settlement = (await engine.ReadAsync(payment))!;
            settlements.TryAdd(settlement.Signer!, settlement);
        }

        await engine.UntilAsync(() => settlements.Values.All(one => engine.Chain.Pool.Any(hash => hash.ToString() == one.Transaction)));
        return (settlements[engine.Gas.ToString()], settlements.Values.Single(one => one.Signer != engine.Gas.ToString()));
    }

    private static Task<Settlement?> StoredAsync(Engine engine, Settlement settlement) =>
        engine.Grains.GetGrain<Grains.Settlements.ISettlementGrain>(settlement.Id).GetAsync(Engine.Stop);
}
