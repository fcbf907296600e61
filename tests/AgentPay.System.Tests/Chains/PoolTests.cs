using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Chains;

/// <summary>Transactions that wait in the node's pool: an outcome nobody knows yet stays open until the chain tells it.</summary>
public sealed class PoolTests(ManualWorld world) : IClassFixture<ManualWorld>
{
    [Fact]
    public async Task A_transaction_that_the_pool_dropped_is_sent_again()
    {
        var payment = await world.NewPaymentAsync();
        var pending = await world.Engine.SettleAsync(payment, "k");
        Assert.Equal("settlement_pending", pending.ErrorReason);
        await world.Chain.CallAsync("anvil_dropTransaction", pending.Transaction);
        Assert.False(await world.Chain.KnowsAsync(pending.Transaction));
        await Wait.UntilAsync(() => world.Chain.KnowsAsync(pending.Transaction));
        await world.Chain.MineAsync();
        var answer = await world.Engine.SettleAsync(payment, "k");
        Assert.True(answer.IsSuccess, answer.Body);
        Assert.Equal(pending.Transaction, answer.Transaction);
        await world.AssertPaidOnceAsync(payment, answer.Transaction);
    }

    [Fact]
    public async Task A_settlement_that_takes_too_long_is_pending_with_its_hash_and_resolved_by_the_engine()
    {
        var payment = await world.NewPaymentAsync();
        var pending = await world.Engine.SettleAsync(payment);
        Assert.Equal((200, "settlement_pending"), (pending.Status, pending.ErrorReason));
        Assert.False(pending.IsSuccess);
        Assert.True(await world.Chain.KnowsAsync(pending.Transaction));
        await world.Chain.MineAsync();
        await Wait.UntilAsync(async () => (await world.Engine.SettlementAsync(payment))!.Value.GetProperty("status").GetString() == "confirmed");
        var first = await world.Engine.SettleAsync(payment);
        var second = await world.Engine.SettleAsync(payment);
        Assert.True(first.IsSuccess, first.Body);
        Assert.Equal("duplicate_settlement", second.ErrorReason);
        await world.AssertPaidOnceAsync(payment, pending.Transaction);
    }

    [Fact]
    public async Task A_buyer_whose_payment_is_pending_comes_again_with_the_same_header_and_gets_what_was_paid()
    {
        var payment = await world.NewPaymentAsync();
        var pending = await world.Engine.BuyAsync(payment);
        Assert.Equal(402, pending.Status);
        Assert.NotNull(pending.Header("Retry-After"));
        Assert.NotNull(pending.Header("PAYMENT-RESPONSE"));
        await world.Chain.MineAsync();
        var sold = await Wait.ForAsync(async () => await world.Engine.BuyAsync(payment) is { Status: 200 } answer ? answer : null);
        Assert.NotEmpty(sold.Text("text")!);
        Assert.Equal(402, (await world.Engine.BuyAsync(payment)).Status);
        Assert.Equal(1, await world.Chain.AuthorizationsUsedAsync(payment.Payer));
    }

    [Fact]
    public async Task An_engine_that_is_told_to_stop_answers_what_is_in_flight_and_goes_on_with_it_after_the_next_start()
    {
        var payment = await world.NewPaymentAsync();
        var clock = TimeProvider.System;
        var asked = world.Engine.SettleAsync(payment, "k");
        await Wait.UntilAsync(async () => await world.Engine.SettlementAsync(payment) is { } settlement && settlement.GetProperty("status").GetString() == "submitted");
        var start = clock.GetTimestamp();
        world.Engine.Program.Terminate();
        var pending = await asked;
        Assert.Equal(0, await world.Engine.Program.EndAsync(30));
        Assert.True(clock.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
        Assert.Equal("settlement_pending", pending.ErrorReason);
        Assert.StartsWith("0x", pending.Transaction, StringComparison.Ordinal);
        await world.Engine.StartAsync();
        await world.Chain.MineAsync();
        var answer = await world.Engine.SettleAsync(payment, "k");
        Assert.True(answer.IsSuccess, answer.Body);
        await world.AssertPaidOnceAsync(payment, pending.Transaction);
    }
}
