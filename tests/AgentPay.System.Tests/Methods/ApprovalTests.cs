using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Methods;

/// <summary>Payers by Permit2 whose approval is a transaction of their own, which the engine sends first (x402 v2, extension erc20ApprovalGasSponsoring).</summary>
public sealed class ApprovalTests(Permit2World world) : IClassFixture<Permit2World>
{
    private const string Coin = "0xde0b6b3a7640000";
    private static readonly Address Stranger = Address.Parse("0xf400000000000000000000000000000000000f42");

    /// <summary>One thing wrong with an honest approval, and the code it must get.</summary>
    private static readonly Dictionary<string, (string Code, Func<TestChain, EvmSigner, EvmSigner, Payment> Pay)> Faults = new()
    {
        ["malformed amount"] = ("invalid_erc20_approval_extension_format", (chain, payer, _) => With(chain, payer, "amount", "-1")),
        ["no hexadecimal transaction"] = ("invalid_erc20_approval_extension_format", (chain, payer, _) => With(chain, payer, "signedTransaction", "approve")),
        ["from another"] = ("erc20_approval_from_mismatch", (chain, payer, other) => With(chain, payer, "from", other.Address.ToString())),
        ["for another asset"] = ("erc20_approval_asset_mismatch", (chain, payer, other) => With(chain, payer, "asset", other.Address.ToString())),
        ["for another spender"] = ("erc20_approval_spender_not_permit2", (chain, payer, other) => With(chain, payer, "spender", other.Address.ToString())),
        ["no transaction"] = ("erc20_approval_tx_parse_failed", (chain, payer, _) => With(chain, payer, "signedTransaction", "0x02f8")),
        ["calls another contract"] = ("erc20_approval_tx_wrong_target", (chain, payer, other) => Pay(chain, payer, request => request with { To = other.Address })),
        ["creates a contract"] = ("erc20_approval_tx_wrong_target", (chain, payer, _) => Pay(chain, payer, request => request with { To = null })),
        ["calls another function"] = ("erc20_approval_tx_wrong_selector", (chain, payer, other) =>
            Pay(chain, payer, request => request with { Data = new AbiWriter("transfer(address,uint256)").Address(other.Address).Number(1UL).ToArray() })),
        ["calls nothing"] = ("erc20_approval_tx_wrong_selector", (chain, payer, _) => Pay(chain, payer, request => request with { Data = default })),
        ["cut arguments"] = ("erc20_approval_tx_invalid_calldata", (chain, payer, _) => Pay(chain, payer, request => request with { Data = request.Data[..^1] })),
        ["approves another"] = ("erc20_approval_tx_wrong_spender", (chain, payer, other) =>
            Pay(chain, payer, request => request with { Data = SignedApprovals.Calldata(other.Address) })),
        ["a signature of no key"] = ("erc20_approval_tx_invalid_signature", (chain, payer, _) => WithoutKey(chain, payer)),
        ["signed by another"] = ("erc20_approval_tx_signer_mismatch", (chain, payer, other) => SignedApprovals.Pay(chain, payer, signer: other)),
        ["of another chain"] = ("erc20_approval_tx_failed", (chain, payer, _) => Pay(chain, payer, request => request with { ChainId = 1 })),
        ["sends coins too"] = ("erc20_approval_tx_failed", (chain, payer, _) => Pay(chain, payer, request => request with { Value = 1UL })),
        ["of a later nonce"] = ("erc20_approval_tx_failed", (chain, payer, _) => Pay(chain, payer, request => request with { Nonce = 1 })),
        ["too little gas"] = ("erc20_approval_tx_failed", (chain, payer, _) => Pay(chain, payer, request => request with { GasLimit = 30_000 })),
        ["one atom too little"] = ("permit2_allowance_required", (chain, payer, _) =>
            Pay(chain, payer, request => request with { Data = SignedApprovals.Calldata(atoms: Payment.Price - 1) })),
        ["a fee that no block takes"] = ("erc20_approval_broadcast_failed", (chain, payer, _) => Pay(chain, payer, request => request with { Fees = new FeeQuote(false, 1UL, 1UL) })),
        ["a fee beyond its means"] = ("erc20_approval_broadcast_failed", (chain, payer, _) =>
            Pay(chain, payer, request => request with { Fees = new FeeQuote(false, 1_000_000_000_000_000_000UL, 1UL) })),
    };

    public static TheoryData<string> FaultNames() => [.. Faults.Keys];

    [Fact]
    public async Task An_approval_is_sent_first_and_the_payment_after_it_once()
    {
        using var payer = await NewPayerAsync();
        var payment = SignedApprovals.Pay(world.Chain, payer);

        var verified = await world.Engine.VerifyAsync(payment);
        Assert.True(verified.IsValid, verified.Body);
        Assert.Equal(0UL, await world.Chain.MinedOfAsync(payer.Address));
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.Engine.SettleAsync(payment)));

        var paid = Assert.Single(answers, answer => answer.IsSuccess);
        Assert.All(answers.Where(answer => answer != paid), answer => Assert.Equal("duplicate_settlement", answer.ErrorReason));
        Assert.Equal(1UL, await world.Chain.MinedOfAsync(payer.Address));
        await world.AssertPaidOnceByPermit2Async(payment, paid.Transaction);
    }

    [Fact]
    public async Task A_seller_serves_a_buyer_that_brings_its_approval_and_says_that_it_may()
    {
        using var payer = await NewPayerAsync();
        var payment = SignedApprovals.Pay(world.Chain, payer);

        var asked = await world.Engine.GetAsync("/demo/quote");
        var terms = System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(asked.Header("PAYMENT-REQUIRED")!));
        Assert.Contains("\"erc20ApprovalGasSponsoring\"", terms, StringComparison.Ordinal);
        var sold = await world.Engine.BuyAsync(payment);
        Assert.True(sold.Status == 200, sold.ToString());
        Assert.Equal(1UL, await world.Chain.MinedOfAsync(payer.Address));
        Assert.Equal(1_000_000 - Payment.Price, await world.Chain.BalanceAsync(payer.Address));
    }

    [Fact]
    public async Task Who_approved_before_has_its_transaction_left_alone()
    {
        using var payer = await world.Chain.NewPayerAsync();
        await world.Chain.ApprovePermit2Async(payer.Address, UInt256.MaxValue);
        var before = await world.Chain.MinedOfAsync(payer.Address);
        var payment = SignedApprovals.Pay(world.Chain, payer, request => request with { Nonce = before });

        var settled = await world.Engine.SettleAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal(before, await world.Chain.MinedOfAsync(payer.Address));
    }

    [Theory, MemberData(nameof(FaultNames))]
    public async Task What_is_wrong_with_an_approval_is_named_and_nothing_is_sent(string fault)
    {
        using var payer = await NewPayerAsync();
        using var other = await NewPayerAsync();
        var (code, pay) = Faults[fault];
        var payment = pay(world.Chain, payer, other);
        var before = await world.Chain.MinedOfAsync(world.Signer);

        Assert.Equal(code, (await world.Engine.VerifyAsync(payment)).Text("invalidReason"));
        Assert.Equal(code, (await world.Engine.SettleAsync(payment)).ErrorReason);
        Assert.Equal((before, 0UL), (await world.Chain.MinedOfAsync(world.Signer), await world.Chain.MinedOfAsync(payer.Address)));
    }

    [Fact]
    public async Task The_engine_pays_no_ones_gas()
    {
        using var payer = await world.Chain.NewPayerAsync();

        Assert.Equal("erc20_approval_broadcast_failed", (await world.Engine.SettleAsync(SignedApprovals.Pay(world.Chain, payer))).ErrorReason);
        Assert.Equal("0x0", (await world.Chain.CallAsync("eth_getBalance", payer.Address.ToString(), "latest")).GetString());
    }

    [Theory]
    [InlineData(RpcPoint.BeforeNode)]
    [InlineData(RpcPoint.BeforeAnswer)]
    public async Task Killed_while_it_sends_the_approval_the_engine_goes_on_by_itself_and_pays_once(RpcPoint point)
    {
        using var payer = await NewPayerAsync();
        var payment = SignedApprovals.Pay(world.Chain, payer);
        Task<Answer?> asked;
        using (var stop = world.Proxy.StopAt("eth_sendRawTransaction", point))
        {
            asked = AskAsync(payment);
            await stop.MetAsync();
            await world.Engine.KillAsync();
        }

        Assert.Null(await asked);
        Assert.Equal(point == RpcPoint.BeforeAnswer ? 1UL : 0UL, await world.Chain.MinedOfAsync(payer.Address));
        await world.Engine.StartAsync();
        await Wait.UntilAsync(async () => await world.Chain.BalanceAsync(payer.Address) < 1_000_000);
        var settled = await AgainAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal(1UL, await world.Chain.MinedOfAsync(payer.Address));
        await world.AssertPaidOnceByPermit2Async(payment, settled.Transaction);
    }

    [Fact]
    public async Task A_payer_that_uses_its_nonce_for_something_else_fails_and_costs_nothing()
    {
        using var payer = await NewPayerAsync();
        var payment = SignedApprovals.Pay(world.Chain, payer);
        var before = await world.Chain.MinedOfAsync(world.Signer);
        await OvertakeAsync(payment, () => world.Chain.SendAsAsync(payer.Address, Stranger, []));

        var failed = await AgainAsync(payment);
        Assert.Equal("erc20_approval_tx_failed", failed.ErrorReason);
        Assert.Equal(before, await world.Chain.MinedOfAsync(world.Signer));
        Assert.Equal(1_000_000UL, await world.Chain.BalanceAsync(payer.Address));
    }

    [Fact]
    public async Task A_payer_whose_money_goes_before_its_approval_is_mined_costs_nothing()
    {
        using var payer = await NewPayerAsync();
        using var other = await NewPayerAsync();
        var payment = SignedApprovals.Pay(world.Chain, payer);
        var before = await world.Chain.MinedOfAsync(world.Signer);
        var transfer = new AbiWriter("transfer(address,uint256)").Address(other.Address).Number(1_000_000UL).ToArray();
        await OvertakeAsync(payment, () => world.Chain.SendAsAsync(payer.Address, world.Chain.Token, transfer));

        var failed = await AgainAsync(payment);
        Assert.Equal("permit2_insufficient_balance", failed.ErrorReason);
        Assert.Equal(before, await world.Chain.MinedOfAsync(world.Signer));
    }

    [Fact]
    public async Task Supported_says_so() =>
        Assert.Contains("\"erc20ApprovalGasSponsoring\"", (await world.Engine.GetAsync("/facilitator/supported")).Body, StringComparison.Ordinal);

    private static Payment Pay(TestChain chain, EvmSigner payer, Func<TransactionRequest, TransactionRequest> change) => SignedApprovals.Pay(chain, payer, change);

    private static Payment With(TestChain chain, EvmSigner payer, string member, string value)
    {
        var payment = SignedApprovals.Pay(chain, payer);
        payment.Info()[member] = value;
        return payment;
    }

    /// <summary>The signature's s, the last 32 bytes, above the group order.</summary>
    private static Payment WithoutKey(TestChain chain, EvmSigner payer)
    {
        for (var gas = SignedApprovals.GasLimit; ; gas++)
        {
            var payment = Pay(chain, payer, request => request with { GasLimit = gas });
            var raw = payment.Info()["signedTransaction"]!.GetValue<string>();
            if (raw[^66..^64] == "a0")
            {
                payment.Info()["signedTransaction"] = raw[..^64] + new string('f', 64);
                return payment;
            }
        }
    }

    /// <summary>A payer with gas of its own.</summary>
    private async Task<EvmSigner> NewPayerAsync()
    {
        var payer = await world.Chain.NewPayerAsync();
        await world.Chain.CallAsync("anvil_setBalance", payer.Address.ToString(), Coin);
        return payer;
    }

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

    /// <summary>Settles, and lets others act after the engine decided to send the approval and before the node gets it.</summary>
    private async Task OvertakeAsync(Payment payment, Func<Task<string>> act)
    {
        Task<Answer> asked;
        using (var stop = world.Proxy.StopAt("eth_sendRawTransaction", RpcPoint.BeforeNode))
        {
            asked = world.Engine.SettleAsync(payment, "k");
            await stop.MetAsync();
            await act();
        }

        await asked;
    }

    private Task<Answer> AgainAsync(Payment payment) => Wait.ForAsync(async () =>
        await world.Engine.SettleAsync(payment, "k") is { ErrorReason: not "settlement_pending" } answer ? answer : null);
}
