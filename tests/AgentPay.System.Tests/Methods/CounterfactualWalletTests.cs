using System.Security.Cryptography;
using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Methods;

/// <summary>Payers whose wallet is deployed by the payment itself (ERC-6492).</summary>
public sealed class CounterfactualWalletTests(WalletWorld world) : IClassFixture<WalletWorld>
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_wallet_of_an_allowed_factory_is_deployed_and_pays_in_one_transaction_and_once(int version)
    {
        var payment = await world.NewWalletPaymentAsync(version: version);
        var before = await world.Chain.MinedOfAsync(world.Signer);

        var verified = await world.Engine.VerifyAsync(payment);
        Assert.True(verified.IsValid, verified.Body);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.Engine.SettleAsync(payment)));

        var paid = Assert.Single(answers, answer => answer.IsSuccess);
        Assert.Equal(payment.Payer.ToString(), paid.Text("payer"), ignoreCase: true);
        Assert.All(answers.Where(answer => answer != paid), answer => Assert.Equal(("duplicate_settlement", paid.Transaction), (answer.ErrorReason, answer.Transaction)));
        Assert.Equal(before + 1, await world.Chain.MinedOfAsync(world.Signer));
        Assert.NotEqual("0x", await world.Chain.CodeAsync(payment.Payer));
        Assert.Equal("invalid_exact_evm_nonce_already_used", (await world.Engine.VerifyAsync(payment)).Text("invalidReason"));
        await world.AssertPaidOnceAsync(payment, paid.Transaction);
    }

    [Fact]
    public async Task A_factory_that_nobody_allowed_is_never_called()
    {
        var payment = await world.NewWalletPaymentAsync(world.Stranger);

        await AssertRefusedAsync(payment, "eip6492_factory_not_allowed");
        await AssertRefusedAsync(await world.NewWalletPaymentAsync(world.Chain.Token), "eip6492_factory_not_allowed");
    }

    [Theory]
    [InlineData("refuse()")]
    [InlineData("pretend()")]
    [InlineData("burn()")]
    public async Task A_factory_that_deploys_nothing_costs_nothing(string call) =>
        await AssertRefusedAsync(await world.NewWalletPaymentAsync(calldata: AbiWriter.SelectorOf(call)), "smart_wallet_deployment_failed");

    [Fact]
    public async Task A_factory_that_deploys_another_wallet_costs_nothing()
    {
        var other = await world.NewWalletPaymentAsync();

        await AssertRefusedAsync(await world.NewWalletPaymentAsync(calldata: other.DeployCalldata), "smart_wallet_deployment_failed");
        Assert.Equal("0x", await world.Chain.CodeAsync(other.Payer));
    }

    [Fact]
    public async Task A_signature_that_the_wallet_would_not_take_costs_nothing()
    {
        using var stranger = new EvmSigner(RandomNumberGenerator.GetBytes(32));

        await AssertRefusedAsync(await world.NewWalletPaymentAsync(signer: stranger), "invalid_exact_evm_signature");
    }

    [Fact]
    public async Task A_plain_key_cannot_have_the_engine_deploy_somebodys_wallet()
    {
        var other = await world.NewWalletPaymentAsync();
        var payment = await world.NewPaymentAsync();
        payment.Signature = "0x" + Convert.ToHexStringLower(WalletWorld.Wrap(world.Factory, other.DeployCalldata, payment.Transfer.Signature.Span));

        await AssertRefusedAsync(payment, "smart_wallet_deployment_failed");
        Assert.Equal("0x", await world.Chain.CodeAsync(other.Payer));
    }

    [Fact]
    public async Task A_wallet_whose_money_cannot_move_is_not_deployed()
    {
        var payment = await world.NewWalletPaymentAsync();
        await world.Chain.BlacklistAsync(payment.Payer);

        await AssertRefusedAsync(payment, "invalid_exact_evm_transaction_simulation_failed");
    }

    [Fact]
    public async Task A_wallet_that_somebody_deploys_between_verify_and_settle_pays_as_any_other()
    {
        var payment = await world.NewWalletPaymentAsync();
        Assert.True((await world.Engine.VerifyAsync(payment)).IsValid);
        await world.DeployAsync(payment);

        var settled = await world.Engine.SettleAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal(world.Chain.Token.ToString(), (await world.Chain.ReceiptAsync(settled.Transaction))!["to"].GetString());
        await world.AssertPaidOnceAsync(payment, settled.Transaction);
    }

    [Fact]
    public async Task A_deployed_wallet_pays_with_a_wrapped_signature_whatever_factory_it_names()
    {
        var payment = await world.NewWalletPaymentAsync(world.Stranger);
        await world.DeployAsync(payment);

        var verified = await world.Engine.VerifyAsync(payment);
        Assert.True(verified.IsValid, verified.Body);
        var settled = await world.Engine.SettleAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        await world.AssertPaidOnceAsync(payment, settled.Transaction);
    }

    [Fact]
    public async Task A_deployed_wallets_wrapped_signature_of_another_key_is_refused()
    {
        using var stranger = new EvmSigner(RandomNumberGenerator.GetBytes(32));
        var payment = await world.NewWalletPaymentAsync(signer: stranger);
        await world.DeployAsync(payment);

        Assert.Equal("invalid_exact_evm_signature", (await world.Engine.SettleAsync(payment)).ErrorReason);
    }

    [Fact]
    public async Task Payments_that_deploy_share_a_transaction_with_no_other()
    {
        var wallets = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => world.NewWalletPaymentAsync()));
        var keys = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => world.NewPaymentAsync()));

        var settled = await Task.WhenAll(keys.Concat(wallets).Select(payment => world.Engine.SettleAsync(payment)));

        Assert.All(settled, answer => Assert.True(answer.IsSuccess, answer.Body));
        Assert.All(settled[keys.Length..], answer => Assert.Single(settled, other => other.Transaction == answer.Transaction));
    }

    /// <summary>Refused by both with this code; nothing was sent and no wallet stands.</summary>
    private async Task AssertRefusedAsync(Payment payment, string code)
    {
        var before = await world.Chain.MinedOfAsync(world.Signer);

        Assert.Equal(code, (await world.Engine.VerifyAsync(payment)).Text("invalidReason"));
        Assert.Equal(code, (await world.Engine.SettleAsync(payment)).ErrorReason);
        Assert.Equal(before, await world.Chain.MinedOfAsync(world.Signer));
        Assert.Equal("0x", await world.Chain.CodeAsync(payment.Payer));
        Assert.Equal(0, await world.Chain.AuthorizationsUsedAsync(payment.Payer));
    }
}
