using AgentPay.Domain.Settlements;

namespace AgentPay.Grains.Tests.Chains;

/// <summary>A node that is behind, or has not indexed everything, is asked again: its silence proves nothing.</summary>
public sealed class LaggingNodeTests
{
    [Fact]
    public async Task A_receipt_missing_at_the_start_does_not_take_a_confirmation_back()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        Assert.True((await engine.AnswerAsync(payment)).Response.Success);

        engine.Chain.HidesReceipts = true;
        await engine.KillAsync();
        await engine.UntilAsync(() => engine.Desk.Health[0].Message?.Contains("has block 1 but not its receipts", StringComparison.Ordinal) == true, timePasses: true);
        Assert.Equal("halted", engine.Desk.Health[0].State);

        engine.Chain.HidesReceipts = false;
        await engine.UntilAsync(() => engine.Desk.Health[0].IsHealthy, timePasses: true);
        Assert.Equal(SettlementStatus.Confirmed, await engine.StatusAsync(payment));
        Assert.Equal(["settlement"], await engine.LedgerAsync(payment));
    }

    [Fact]
    public async Task A_block_replaced_while_nobody_looked_takes_the_confirmation_back()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Automine = true;
        var payment = engine.Pay();
        Assert.True((await engine.AnswerAsync(payment)).Response.Success);

        engine.Chain.Automine = false;
        engine.Chain.IsAvailable = false;
        engine.Chain.Reorganize(1);
        await engine.KillAsync();
        engine.Chain.IsAvailable = true;
        await engine.UntilAsync(async () => await engine.StatusAsync(payment) != SettlementStatus.Confirmed, timePasses: true);
        engine.Chain.Mine();
        await engine.UntilAsync(payment, SettlementStatus.Confirmed, timePasses: true);
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_receipt_the_node_does_not_have_yet_is_asked_again_with_the_next_block(int confirmations)
    {
        await using var engine = await Engine.StartAsync(confirmations);
        var payment = engine.Pay();
        var settling = await MineWithoutReceiptAsync(engine, payment);

        engine.Chain.HidesReceipts = false;
        engine.Chain.Mine(confirmations);
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
    }

    [Fact]
    public async Task A_receipt_the_node_does_not_have_yet_is_asked_again_without_another_block()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var settling = await MineWithoutReceiptAsync(engine, payment);

        engine.Chain.HidesReceipts = false;
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
        Assert.Equal(1UL, engine.Chain.Height);
    }

    [Fact]
    public async Task What_was_seen_mined_in_a_block_that_is_lost_before_it_was_told_of_is_sent_again()
    {
        await using var engine = await Engine.StartAsync();
        engine.Chain.Mine();
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);

        // Its nonce is counted and its receipt is there, in a block that nobody told of.
        engine.Chain.TellsBlocks = false;
        engine.Chain.Mine();
        await engine.UntilAsync(() => engine.Chain.ReceiptsTold == 2, timePasses: true);
        engine.Chain.TellsBlocks = true;
        engine.Chain.Reorganize(1, dropped: true);
        Assert.Empty(engine.Chain.Pool);

        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1, timePasses: true);
        engine.Chain.Mine();
        await engine.UntilAsync(() => settling.IsCompleted, timePasses: true);
        Assert.True((await engine.AnswerAsync(settling)).Response.Success);
        await engine.AssertLedgerShowsTheChainAsync();
    }

    [Fact]
    public async Task A_revert_because_somebody_was_first_is_no_failure_when_the_latest_block_told_is_an_older_one()
    {
        await using var engine = await Engine.StartAsync();
        var payment = engine.Pay();
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);

        engine.Chain.LatestLag = 1;
        engine.Chain.FrontRun(payment.Transfer);

        Assert.True((await engine.AnswerAsync(settling)).Response.Success, (await engine.AnswerAsync(settling)).Response.ErrorReason);
        await engine.AssertLedgerShowsTheChainAsync();
    }

    private static async Task<Task<Grains.Facilitator.SettleAnswer>> MineWithoutReceiptAsync(Engine engine, Payment payment)
    {
        var settling = engine.SettleAsync(payment);
        await engine.UntilAsync(() => engine.Chain.Pool.Count == 1);
        engine.Chain.HidesReceipts = true;
        engine.Chain.Mine();
        await engine.UntilAsync(() => engine.Chain.HiddenReceipts > 0);
        Assert.False(settling.IsCompleted);
        return settling;
    }
}
