using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Promises;

/// <summary>P11: whatever becomes of many transactions at once on the way into the chain and in it, none is paid twice, none that was paid is called failed, and soon after each is known.</summary>
[Collection("Two engines")]
public sealed class NotAsSentTests(NodeWorld world) : IClassFixture<NodeWorld>
{
    private const ulong Funds = 100_000_000;

    [Theory]
    [InlineData(RpcDouble.InThePool, "already")]
    [InlineData(RpcDouble.AfterItsBlock, "nonce too low")]
    public async Task What_the_node_says_it_has_already_is_paid_once(RpcDouble twice, string words)
    {
        using var payer = await world.Chain.NewPayerAsync(Funds);
        var payments = ManyPayments.Of(world, payer);
        Answer[] answers;
        world.Proxy.Refusals.Clear();
        world.Proxy.Double = twice;
        try
        {
            answers = await payments.SettleAsync();
        }
        finally
        {
            world.Proxy.Double = RpcDouble.Never;
        }

        var known = await payments.UntilKnownAsync();
        Print(known, $"{twice}: the node said no {world.Proxy.Refusals.Count} times");
        Assert.All(world.Proxy.Refusals, said => Assert.Contains(words, said, StringComparison.Ordinal));
        Assert.True(world.Proxy.Refusals.Count >= ManyPayments.Count, $"{world.Proxy.Refusals.Count}");
        Assert.All(answers, static answer => Assert.True(answer is { Status: 200, IsSuccess: true }, $"{answer}"));
        await payments.AssertToldAsItIsAsync(answers, ManyPayments.Count);
        Assert.Equal(ManyPayments.Count, await world.Chain.AuthorizationsUsedAsync(payer.Address));
        Assert.Equal(Funds - ((ulong)ManyPayments.Count * Payment.Price), await world.Chain.BalanceAsync(payer.Address));
    }

    [Fact]
    public async Task Transactions_that_revert_because_somebody_was_first_are_paid_with_that_senders()
    {
        using var payer = await world.Chain.NewPayerAsync(Funds);
        await FirstComers.AssertPaidByFirstAsync(world, payer);
    }

    [Fact]
    public async Task Transactions_that_revert_because_the_money_is_gone_fail_and_are_paid_once_when_it_is_back()
    {
        var payments = new ManyPayments(world, await Emptying.ArrangeAsync(world.Chain, world.Proxy, ManyPayments.Count));
        var answers = await payments.SettleAsync();
        var known = await payments.UntilKnownAsync();
        Print(known, "The money was gone");
        Assert.All(answers, static answer => Assert.Equal((200, false, "invalid_exact_evm_transaction_failed"), (answer.Status, answer.IsSuccess, answer.ErrorReason)));
        Assert.All(await payments.AssertToldAsItIsAsync(answers, paid: 0), static status => Assert.Equal("failed", status));
        Assert.All(await UsedAsync(payments), static used => Assert.Equal(0, used));

        await world.Chain.EndowAsync(payments.All.Select(static payment => payment.Payer), Payment.Price);
        Assert.All(await payments.SettleAsync("another"), static answer => Assert.True(answer is { Status: 200, IsSuccess: true }, $"{answer}"));
        Assert.All(await payments.SettleAsync(), static answer => Assert.False(answer.IsSuccess, answer.Body));
        Assert.All(await UsedAsync(payments), static used => Assert.Equal(1, used));
    }

    internal static void Print(TimeSpan known, string what) =>
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}; {ManyPayments.Count} payments, all known after {known.TotalSeconds:0.00} s.");

    private Task<int[]> UsedAsync(ManyPayments payments) => Task.WhenAll(payments.All.Select(payment => world.Chain.AuthorizationsUsedAsync(payment.Payer)));
}

/// <summary>The same where the transactions succeed and the token says nothing of a transfer: it moved nothing.</summary>
[Collection("Two engines")]
public sealed class WithoutTheLogTests(NothingMovedWorld world) : IClassFixture<NothingMovedWorld>
{
    [Fact]
    public async Task Transactions_mined_without_the_transfer_are_no_payments_and_are_not_sent_again()
    {
        using var payer = await world.Chain.NewPayerAsync();
        var payments = ManyPayments.Of(world, payer);
        var answers = await payments.SettleAsync();
        var known = await payments.UntilKnownAsync();
        NotAsSentTests.Print(known, "Nothing moved");
        Assert.All(answers, static answer => Assert.Equal((200, false, "invalid_exact_evm_transfer_event_mismatch"), (answer.Status, answer.IsSuccess, answer.ErrorReason)));
        Assert.All(await payments.AssertToldAsItIsAsync(answers, paid: 0), static status => Assert.Equal("failed", status));
        Assert.Equal(1_000_000UL, await world.Chain.BalanceAsync(payer.Address));

        var mined = await world.Chain.MinedOfAsync(world.Signer);
        Assert.All(await payments.SettleAsync("another"), static answer => Assert.False(answer.IsSuccess, answer.Body));
        Assert.Equal(((ulong)ManyPayments.Count, mined), (mined, await world.Chain.MinedOfAsync(world.Signer)));
    }
}

/// <summary>The same where the token says nothing, and succeeds, because somebody else was first.</summary>
[Collection("Two engines")]
public sealed class WithoutAnyLogTests(SilentTokenWorld world) : IClassFixture<SilentTokenWorld>
{
    [Fact]
    public async Task Transactions_mined_without_a_log_because_somebody_was_first_are_paid_with_that_senders()
    {
        using var payer = await world.Chain.NewPayerAsync(100_000_000);
        await FirstComers.AssertPaidByFirstAsync(world, payer);
    }
}
