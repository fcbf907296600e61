using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Methods;

/// <summary>What may happen while the transaction that deploys a payer's wallet waits to be mined (ERC-6492).</summary>
public sealed class WaitingDeploymentTests(ManualWalletWorld world) : IClassFixture<ManualWalletWorld>
{
    private const string IdleSlot = "0x0000000000000000000000000000000000000000000000000000000000000000";

    [Fact]
    public async Task A_wallet_that_appears_before_our_transaction_is_mined_pays_all_the_same()
    {
        var payment = await world.NewWalletPaymentAsync();
        var pending = await SubmitAsync(payment);

        // Somebody deployed it: from now on its factory reverts. This one takes every signature.
        await world.Chain.CallAsync("anvil_setCode", payment.Payer.ToString(), "0x631626ba7e60e01b60005260206000f3");
        await world.Chain.MineAsync();
        var settled = await AgainAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal(pending, settled.Transaction);
        await world.AssertPaidOnceAsync(payment, settled.Transaction);
    }

    [Fact]
    public async Task Where_the_factory_burns_its_gas_on_a_wallet_that_appeared_the_payment_fails_and_asked_anew_is_paid_without_it()
    {
        var payment = await world.NewWalletPaymentAsync(function: "createBlindly(address)");
        var pending = await SubmitAsync(payment);

        await world.Chain.CallAsync("anvil_setCode", payment.Payer.ToString(), "0x631626ba7e60e01b60005260206000f3");
        await world.Chain.MineAsync();
        var failed = await AgainAsync(payment);
        Assert.Equal("invalid_exact_evm_transaction_failed", failed.ErrorReason);
        Assert.Equal("0x0", (await world.Chain.ReceiptAsync(pending))!["status"].GetString());

        var second = await SubmitAsync(payment, "anew");
        await world.Chain.MineAsync();
        var settled = await AgainAsync(payment, "anew");
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal(second, settled.Transaction);
        Assert.Equal(world.Chain.Token.ToString(), (await world.Chain.ReceiptAsync(second))!["to"].GetString());
        Assert.Equal(1, await world.Chain.AuthorizationsUsedAsync(payment.Payer));
    }

    [Fact]
    public async Task A_factory_that_stops_deploying_fails_the_payment_with_the_reason_and_leaves_nothing()
    {
        var payment = await world.NewWalletPaymentAsync();
        await SubmitAsync(payment);

        await world.Chain.CallAsync("anvil_setStorageAt", world.Factory.ToString(), IdleSlot, "0x" + new string('0', 63) + "1");
        await world.Chain.MineAsync();
        var settled = await AgainAsync(payment);
        await world.Chain.CallAsync("anvil_setStorageAt", world.Factory.ToString(), IdleSlot, IdleSlot);

        Assert.Equal("smart_wallet_deployment_failed", settled.ErrorReason);
        await AssertNothingLeftAsync(payment);
    }

    [Fact]
    public async Task A_transfer_that_fails_although_the_wallet_can_be_deployed_has_the_usual_code_and_leaves_no_wallet()
    {
        var payment = await world.NewWalletPaymentAsync();
        var pending = await SubmitAsync(payment);
        var raw = (await world.Chain.CallAsync("eth_getRawTransactionByHash", pending)).GetString()!;
        await world.Chain.CallAsync("anvil_dropTransaction", pending);
        await world.Chain.BlacklistAsync(payment.Payer);
        await world.Chain.CallAsync("eth_sendRawTransaction", raw);
        await world.Chain.MineAsync();
        var settled = await AgainAsync(payment);

        Assert.Equal("invalid_exact_evm_transaction_failed", settled.ErrorReason);
        await AssertNothingLeftAsync(payment);
    }

    [Fact]
    public async Task A_kill_before_it_is_mined_changes_nothing()
    {
        var payment = await world.NewWalletPaymentAsync();
        var pending = await SubmitAsync(payment);

        await world.Engine.RestartAsync();
        await world.Chain.MineAsync();
        var settled = await AgainAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal(pending, settled.Transaction);
        Assert.NotEqual("0x", await world.Chain.CodeAsync(payment.Payer));
        await world.AssertPaidOnceAsync(payment, settled.Transaction);
    }

    private async Task<string> SubmitAsync(Payment payment, string key = "k")
    {
        var pending = await world.Engine.SettleAsync(payment, key);
        Assert.Equal("settlement_pending", pending.ErrorReason);
        await Wait.UntilAsync(() => world.Chain.KnowsAsync(pending.Transaction));
        return pending.Transaction;
    }

    private Task<Answer> AgainAsync(Payment payment, string key = "k") => Wait.ForAsync(async () =>
        await world.Engine.SettleAsync(payment, key) is { ErrorReason: not "settlement_pending" } answer ? answer : null);

    private async Task AssertNothingLeftAsync(Payment payment)
    {
        Assert.Equal("0x", await world.Chain.CodeAsync(payment.Payer));
        Assert.Equal(0, await world.Chain.AuthorizationsUsedAsync(payment.Payer));
        Assert.Equal(1_000_000UL, await world.Chain.BalanceAsync(payment.Payer));
    }
}
