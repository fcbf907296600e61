using AgentPay.Chains.Evm;
using AgentPay.Domain.Settlements;
using AgentPay.Grains.Chains;

namespace AgentPay.Grains.Tests.Chains;

/// <summary>Settlements of unknown fate: the cheap proof first, each asked once at a time.</summary>
public sealed class DoubtTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_unused_authorization_past_its_end_fails_by_a_final_block_without_a_search_through_logs(bool knowsFinalized)
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 1);
        var payment = await LoseAsync(engine);

        engine.Chain.KnowsFinalized = knowsFinalized;
        engine.Chain.Mine((int)engine.Chain.FinalizedDepth + 1);
        var searches = engine.Chain.Traces;
        engine.Chain.IsAvailable = true;

        await engine.UntilAsync(payment, SettlementStatus.Failed, timePasses: true);
        Assert.Equal(searches, engine.Chain.Traces);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(3_000)]
    public async Task A_payment_that_somebody_else_sent_is_found_however_many_blocks_ago_that_was(ulong searchBlocksMax)
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 1);
        engine.Chain.Mine(20);
        engine.Chain.SearchBlocksMax = searchBlocksMax;
        await engine.UntilAsync(() => engine.Desk.HeightOf(engine.Chain.Network) == 20);
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        Assert.Equal(20UL, (await engine.ReadAsync(payment))!.Terms.UnusedAt);
        engine.Chain.IsAvailable = false;
        engine.Chain.Drop(engine.Chain.Pool.Single());
        engine.Chain.FrontRun(payment.Transfer);
        engine.Chain.Mine(10_000);
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);

        engine.Chain.IsAvailable = true;
        engine.Clock.Advance(TimeSpan.FromMinutes(11));
        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task One_that_cannot_be_looked_up_holds_up_no_other()
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 1);
        var payment = await LoseAsync(engine);
        engine.Chain.Mine((int)engine.Chain.FinalizedDepth + 1);
        engine.Chain.IsAvailable = true;
        var settlement = (await engine.ReadAsync(payment))!;

        engine.Desk.Resolve(settlement with { Id = "broken", Terms = settlement.Terms with { Token = "none" } });
        engine.Desk.Resolve(settlement);

        await engine.UntilAsync(payment, SettlementStatus.Failed);
    }

    [Fact]
    public async Task One_that_the_node_never_answers_about_holds_up_no_other()
    {
        await using var engine = await Engine.StartAsync(settleWaitSeconds: 1);
        var payment = await LoseAsync(engine);
        engine.Chain.Mine((int)engine.Chain.FinalizedDepth + 1);
        engine.Chain.IsAvailable = true;
        var settlement = (await engine.ReadAsync(payment))!;
        var never = new TaskCompletionSource();
        engine.Chain.BeforeTelling = payer => payer == Engine.Merchant ? never.Task : Task.CompletedTask;

        engine.Desk.Resolve(settlement with { Id = "slow", Terms = settlement.Terms with { Payer = Engine.Merchant.ToString() } });
        engine.Desk.Resolve(settlement);

        await engine.UntilAsync(payment, SettlementStatus.Failed);
        never.SetException(new ChainUnavailableException("At last."));
    }

    [Fact]
    public async Task A_settlement_asked_about_twice_waits_once_as_it_was_asked_about_last()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        await engine.AnswerAsync(payment);
        var settlement = (await engine.ReadAsync(payment))!;
        var queue = new DoubtQueue();

        queue.Add(settlement);
        queue.Add(settlement with { Attempt = settlement.Attempt + 1 });
        queue.Add(settlement with { Id = "another" });
        Assert.Equal(2, queue.Count);

        await using var taken = queue.TakeAllAsync(Engine.Stop).GetAsyncEnumerator(Engine.Stop);
        Assert.True(await taken.MoveNextAsync());
        Assert.Equal((settlement.Id, settlement.Attempt + 1), (taken.Current.Id, taken.Current.Attempt));
        Assert.True(await taken.MoveNextAsync());
        Assert.Equal("another", taken.Current.Id);
        queue.Add(settlement);
        Assert.Equal(1, queue.Count);
    }

    [Fact]
    public async Task A_full_queue_takes_no_more()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        await engine.AnswerAsync(payment);
        var settlement = (await engine.ReadAsync(payment))!;
        var queue = new DoubtQueue();

        for (var i = 0; i <= DoubtQueue.LengthMax; i++)
        {
            queue.Add(settlement with { Id = $"{i}" });
        }

        Assert.Equal(DoubtQueue.LengthMax, queue.Count);
    }

    /// <summary>A payment whose transaction is gone, whose end has passed, and whose node is down.</summary>
    private static async Task<Payment> LoseAsync(Engine engine)
    {
        var payment = engine.Pay(TimeSpan.FromSeconds(60));
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.IsAvailable = false;
        engine.Chain.Drop(engine.Chain.Pool.Single());
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        engine.Clock.Advance(TimeSpan.FromSeconds(90));
        await engine.UntilAsync(payment, SettlementStatus.Unknown, timePasses: true);
        return payment;
    }
}
