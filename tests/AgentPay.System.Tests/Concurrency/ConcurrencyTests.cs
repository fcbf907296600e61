using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Concurrency;

/// <summary>Many at once: one payment moves money once and buys one thing, and many payments do not stand in each other's way.</summary>
public abstract class ConcurrencyTests(EngineOnChain world)
{
    private const int Callers = 200;
    private const int Payments = 64;

    [Fact]
    public async Task Callers_with_one_key_all_get_the_one_success()
    {
        var payment = await world.NewPaymentAsync();
        var mined = await world.Chain.MinedOfAsync(world.Signer);
        var answers = await ManyAsync(Callers, _ => world.Engine.SettleAsync(payment, "one-key"));
        Assert.All(answers, answer => Assert.Equal((200, answers[0].Body), (answer.Status, answer.Body)));
        Assert.True(answers[0].IsSuccess, answers[0].Body);
        Assert.Equal(mined + 1, await world.Chain.MinedOfAsync(world.Signer));
        await world.AssertPaidOnceAsync(payment, answers[0].Transaction);
        Assert.DoesNotContain("could not be noted", world.Engine.Program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_callers_without_a_key_one_succeeds_and_the_others_are_told_the_transaction()
    {
        var payment = await world.NewPaymentAsync();
        var mined = await world.Chain.MinedOfAsync(world.Signer);
        var answers = await ManyAsync(Callers, _ => world.Engine.SettleAsync(payment));
        var success = Assert.Single(answers, answer => answer.IsSuccess);
        Assert.All(answers, answer => Assert.Equal((200, success.Transaction), (answer.Status, answer.Transaction)));
        Assert.Equal(Callers - 1, answers.Count(answer => answer.ErrorReason == "duplicate_settlement"));
        Assert.Equal(mined + 1, await world.Chain.MinedOfAsync(world.Signer));
        await world.AssertPaidOnceAsync(payment, success.Transaction);
    }

    [Fact]
    public async Task Buyers_with_one_header_run_the_handler_once_and_one_gets_the_answer()
    {
        var payment = await world.NewPaymentAsync();
        var runs = await RunsAsync();
        var answers = await ManyAsync(Callers, _ => world.Engine.BuyAsync(payment));
        var sold = Assert.Single(answers, answer => answer.Status == 200);
        Assert.NotEmpty(sold.Text("text")!);
        Assert.Equal(Callers - 1, answers.Count(answer => answer.Status == 402));
        Assert.Equal(runs + 1, await RunsAsync());
        var settlement = (await world.Engine.SettlementAsync(payment))!.Value;
        await world.AssertPaidOnceAsync(payment, settlement.GetProperty("transaction").GetString()!);
    }

    [Fact]
    public async Task Different_payments_all_settle_without_a_gap_in_the_nonces()
    {
        using var payer = await world.Chain.NewPayerAsync();
        var mined = await world.Chain.MinedOfAsync(world.Signer);
        var payments = Enumerable.Range(0, Payments).Select(_ => Payment.Sign(world.Chain, payer)).ToArray();
        var answers = await ManyAsync(Payments, i => world.Engine.SettleAsync(payments[i]));
        Assert.All(answers, answer => Assert.True(answer is { Status: 200, IsSuccess: true }, answer.Body));
        Assert.Equal(Payments, answers.Select(answer => answer.Transaction).Distinct().Count());
        Assert.Equal(Payments, await world.Chain.AuthorizationsUsedAsync(payer.Address));
        Assert.Equal(mined + Payments, await world.Chain.MinedOfAsync(world.Signer));
        var nonces = await Task.WhenAll(answers.Select(async answer =>
            TestChain.Number((await world.Chain.CallAsync("eth_getTransactionByHash", answer.Transaction)).GetProperty("nonce"))));
        Assert.Equal(Enumerable.Range(0, Payments).Select(i => mined + (ulong)i), nonces.Order());
    }

    private Task<double> RunsAsync() => world.Engine.MetricAsync("agentpay_settlement_changes_total", "status=\"admitted\"");

    private static Task<Answer[]> ManyAsync(int count, Func<int, Task<Answer>> ask) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(i => Task.Run(() => ask(i))));
}

public sealed class ConcurrencyOnInstantBlocks(AutomineWorld world) : ConcurrencyTests(world), IClassFixture<AutomineWorld>;

public sealed class ConcurrencyOnOneSecondBlocks(BlockTimeWorld world) : ConcurrencyTests(world), IClassFixture<BlockTimeWorld>;
