using System.Globalization;
using System.Text.Json;
using AgentPay.Chains.Evm;
using AgentPay.SystemTests.Clients;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Methods;

/// <summary>Payers without coins, whose approvals the engine gives the gas money for, up to so much a day.</summary>
public sealed class GasMoneyTests(GasMoneyWorld world) : IClassFixture<GasMoneyWorld>
{
    private const string Metric = "agentpay_chain_gas_money_today";
    private const ulong Fee = 1_500_000_000;
    private const ulong Cost = SignedApprovals.GasLimit * Fee;
    private static readonly Address Stranger = Address.Parse("0xf400000000000000000000000000000000000f42");

    [Fact]
    public async Task The_unmodified_client_without_any_coins_pays_with_a_token_without_permits()
    {
        var buyer = await Buyer.NewAsync(world);
        var (sent, given) = (await world.Chain.MinedOfAsync(world.Signer), await world.Engine.MetricAsync(Metric));

        var report = await buyer.BuyAsync();
        Assert.True(Buyer.Signed(report, "erc20ApprovalGasSponsoring", "signedTransaction"));
        await buyer.AssertPaidAsync(report);
        Assert.Equal((sent + 2, 1UL), (await world.Chain.MinedOfAsync(world.Signer), await world.Chain.MinedOfAsync(buyer.Address)));
        Assert.InRange(await world.Engine.MetricAsync(Metric, "key=\"0\"") - given, 1, GasMoneyWorld.PerDay);

        await buyer.AssertPaidAsync(await buyer.BuyAsync(), times: 2);
        Assert.Equal(sent + 3, await world.Chain.MinedOfAsync(world.Signer));
    }

    [Fact]
    public async Task Exactly_what_is_missing_is_given_whatever_the_payer_has()
    {
        using var payer = await world.Chain.NewPayerAsync();
        await SetCoinsAsync(payer.Address, Cost - 1_000);
        var given = await world.Engine.MetricAsync(Metric);

        var settled = await AgainAsync(Pay(payer));
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal(1_000UL, await world.Chain.CoinsSentToAsync(payer.Address));
        Assert.InRange(await world.Engine.MetricAsync(Metric) - given, 1_001, GasMoneyWorld.PerDay);
    }

    [Fact]
    public async Task Who_has_the_coins_is_given_none()
    {
        using var payer = await world.Chain.NewPayerAsync();
        await SetCoinsAsync(payer.Address, Cost);
        var (sent, given) = (await world.Chain.MinedOfAsync(world.Signer), await world.Engine.MetricAsync(Metric));

        var settled = await AgainAsync(Pay(payer));
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal((sent + 1, given), (await world.Chain.MinedOfAsync(world.Signer), await world.Engine.MetricAsync(Metric)));
    }

    [Theory]
    [InlineData(80_000, Fee, null)]
    [InlineData(120_000, Fee, "erc20_approval_broadcast_failed")]
    [InlineData(150_001, Fee, "erc20_approval_broadcast_failed")]
    [InlineData(70_000, 7_000_000_000, "erc20_approval_broadcast_failed")]
    [InlineData(70_000, 300_000_000_001, "erc20_approval_broadcast_failed")]
    public async Task Verify_refuses_what_settle_would_give_nothing_for_and_nothing_is_sent_then(ulong gas, ulong fee, string? code)
    {
        using var payer = await world.Chain.NewPayerAsync();
        var payment = Pay(payer, gas, fee);
        var sent = await world.Chain.MinedOfAsync(world.Signer);

        Assert.Equal(code, (await world.Engine.VerifyAsync(payment)).Text("invalidReason"));
        Assert.Equal(code, (await AgainAsync(payment)).ErrorReason);
        Assert.Equal(sent + (code is null ? 2UL : 0), await world.Chain.MinedOfAsync(world.Signer));
    }

    [Theory]
    [InlineData(RpcPoint.BeforeNode)]
    [InlineData(RpcPoint.BeforeAnswer)]
    public async Task Killed_while_it_sends_the_gift_the_engine_goes_on_by_itself_and_gives_and_pays_once(RpcPoint point)
    {
        using var payer = await world.Chain.NewPayerAsync();
        var payment = Pay(payer);
        var (sent, given) = (await world.Chain.MinedOfAsync(world.Signer), await world.Engine.MetricAsync(Metric));
        Task<Answer?> asked;
        using (var stop = StopGift(payment, point))
        {
            asked = AskAsync(payment);
            await stop.MetAsync();
            await world.Engine.KillAsync();
        }

        Assert.Null(await asked);
        Assert.Equal(0UL, await world.Chain.MinedOfAsync(payer.Address));
        await world.Engine.StartAsync();
        var settled = await AgainAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal((sent + 2, 1UL), (await world.Chain.MinedOfAsync(world.Signer), await world.Chain.MinedOfAsync(payer.Address)));
        Assert.Equal(Cost, await world.Chain.CoinsSentToAsync(payer.Address));
        Assert.InRange(await world.Engine.MetricAsync(Metric) - given, Cost + 1, GasMoneyWorld.PerDay);
        Assert.Equal(1_000_000 - Payment.Price, await world.Chain.BalanceAsync(payer.Address));
    }

    [Fact]
    public async Task A_payer_that_spends_the_coins_on_something_else_fails_and_is_given_no_others()
    {
        using var payer = await world.Chain.NewPayerAsync();
        var payment = Pay(payer);
        var sent = await world.Chain.MinedOfAsync(world.Signer);
        await AskAndSpendTheGiftAsync(payment, () => SetCoinsAsync(payer.Address, Cost - 1));
        var failed = await AgainAsync(payment);
        Assert.Equal("erc20_approval_broadcast_failed", failed.ErrorReason);
        Assert.Equal("erc20_approval_broadcast_failed", (await world.Engine.VerifyAsync(payment)).Text("invalidReason"));
        Assert.Equal((sent + 1, 0UL), (await world.Chain.MinedOfAsync(world.Signer), await world.Chain.MinedOfAsync(payer.Address)));
    }

    [Fact]
    public async Task A_payer_that_spends_coins_and_nonce_on_something_else_fails_and_is_given_no_others()
    {
        using var payer = await world.Chain.NewPayerAsync();
        var payment = Pay(payer);
        var sent = await world.Chain.MinedOfAsync(world.Signer);
        await AskAndSpendTheGiftAsync(payment, async () =>
        {
            await world.Chain.SendAsAsync(payer.Address, Stranger, []);
            await SetCoinsAsync(payer.Address, 0);
        });
        Assert.Equal("erc20_approval_tx_failed", (await AgainAsync(payment)).ErrorReason);
        Assert.Equal(sent + 1, await world.Chain.MinedOfAsync(world.Signer));
    }

    [Fact]
    public async Task When_a_day_has_too_little_left_for_a_payer_health_says_so_and_others_are_served()
    {
        // The engine offers 1 gwei: 0.0001 coins for a gift's own gas.
        await using var fresh = new GasMoneyWorld { Budget = 350_000_000_000_000 };
        await fresh.InitializeAsync();
        using var first = await fresh.Chain.NewPayerAsync();
        using var little = await fresh.Chain.NewPayerAsync();
        using var late = await fresh.Chain.NewPayerAsync();
        await fresh.Chain.CallAsync("anvil_setBalance", little.Address.ToString(), $"0x{Cost - 1_000:x}");
        var connector = $"/health/connectors/{fresh.Chain.Network}";

        Assert.True((await fresh.Engine.SettleAsync(Pay(first, chain: fresh.Chain))).IsSuccess);
        Assert.DoesNotContain("gas_money_spent", (await fresh.Engine.GetAsync(connector)).Body, StringComparison.Ordinal);
        Assert.Equal("erc20_approval_broadcast_failed", (await fresh.Engine.VerifyAsync(Pay(late, chain: fresh.Chain))).Text("invalidReason"));
        var said = await fresh.Engine.GetAsync(connector);
        Assert.Equal((200, "healthy", "gas_money_spent"), (said.Status, said.Text("status"), said.Text("code")));

        Assert.True((await fresh.Engine.SettleAsync(Pay(little, chain: fresh.Chain))).IsSuccess);
        Assert.InRange(await fresh.Engine.MetricAsync(Metric), Cost + 200_000_000_000_000, fresh.Budget);
    }

    [Fact]
    public async Task On_a_chain_that_charges_for_data_the_payer_is_given_twice_that_too()
    {
        await using var fresh = new GasMoneyWorld();
        await fresh.InitializeAsync();
        await fresh.Chain.CallAsync("anvil_setCode", "0x420000000000000000000000000000000000000f", $"0x7f{1_000:x64}60005260206000f3");
        using var payer = await fresh.Chain.NewPayerAsync();

        var settled = await fresh.Engine.SettleAsync(Pay(payer, chain: fresh.Chain));
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal(Cost + 2_000, await fresh.Chain.CoinsSentToAsync(payer.Address));
    }

    [Fact]
    public async Task A_key_that_is_nearly_empty_gives_none_and_settles_for_all_others()
    {
        await using var fresh = new GasMoneyWorld();
        await fresh.InitializeAsync();
        using var payer = await fresh.Chain.NewPayerAsync();
        using var owner = await fresh.Chain.NewPayerAsync();
        await fresh.Chain.CallAsync("anvil_setBalance", owner.Address.ToString(), $"0x{Cost:x}");
        await fresh.Chain.CallAsync("anvil_setBalance", fresh.Signer.ToString(), $"0x{2_000_000_000_000_000:x}");

        Assert.Equal("erc20_approval_broadcast_failed", (await fresh.Engine.VerifyAsync(Pay(payer, chain: fresh.Chain))).Text("invalidReason"));
        var said = await fresh.Engine.GetAsync($"/health/connectors/{fresh.Chain.Network}");
        Assert.Equal((200, "healthy", "gas_money_unfunded"), (said.Status, said.Text("status"), said.Text("code")));
        Assert.True((await fresh.Engine.SettleAsync(Pay(owner, chain: fresh.Chain))).IsSuccess);
    }

    /// <summary>Asks to settle; when the gift is mined and before the approval is sent, the payer does something else with it.</summary>
    private async Task AskAndSpendTheGiftAsync(Payment payment, Func<Task> spend)
    {
        var sent = await world.Chain.MinedOfAsync(world.Signer);
        Task<Answer> asked;
        using (var approvals = await StopApprovalsAfterTheGiftAsync(payment))
        {
            asked = approvals.Asked;
            await Wait.UntilAsync(async () => await world.Chain.MinedOfAsync(world.Signer) == sent + 1);
            await spend();
        }

        await asked;
    }

    /// <summary>A payment with an approval that lacks no more than the usual client's.</summary>
    private Payment Pay(EvmSigner payer, ulong gas = SignedApprovals.GasLimit, ulong fee = Fee, TestChain? chain = null) =>
        SignedApprovals.Pay(chain ?? world.Chain, payer, request => request with { GasLimit = gas, Fees = new FeeQuote(false, fee, 1UL) });

    private RpcProxy.Stop StopGift(Payment payment, RpcPoint point) =>
        world.Proxy.StopAt("eth_sendRawTransaction", point, isMeant: request => !request.Contains(ApprovalOf(payment), StringComparison.Ordinal));

    /// <summary>Settles; the gift goes to the node, and no approval does after it until the stop is disposed.</summary>
    private async Task<StoppedApprovals> StopApprovalsAfterTheGiftAsync(Payment payment)
    {
        using var gift = StopGift(payment, RpcPoint.BeforeNode);
        var asked = world.Engine.SettleAsync(payment, "k");
        await gift.MetAsync();
        return new StoppedApprovals(
            world.Proxy.StopAt("eth_sendRawTransaction", RpcPoint.BeforeNode, isMeant: request => request.Contains(ApprovalOf(payment), StringComparison.Ordinal)), asked);
    }

    private static string ApprovalOf(Payment payment) => payment.Info()["signedTransaction"]!.GetValue<string>();

    private sealed record StoppedApprovals(RpcProxy.Stop Stop, Task<Answer> Asked) : IDisposable
    {
        public void Dispose() => Stop.Dispose();
    }

    private Task<JsonElement> SetCoinsAsync(Address account, ulong wei) => world.Chain.CallAsync("anvil_setBalance", account.ToString(), string.Create(CultureInfo.InvariantCulture, $"0x{wei:x}"));

    /// <summary>Settles; null when the engine went away.</summary>
    private async Task<Answer?> AskAsync(Payment payment)
    {
        try
        {
            return await world.Engine.SettleAsync(payment, "k");
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private Task<Answer> AgainAsync(Payment payment) => Wait.ForAsync(async () =>
        await world.Engine.SettleAsync(payment, "k") is { ErrorReason: not "settlement_pending" } answer ? answer : null);
}
