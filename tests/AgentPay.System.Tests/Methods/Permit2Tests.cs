using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Methods;

/// <summary>Scheme exact by Permit2 and the x402 proxy (version 2).</summary>
public sealed class Permit2Tests(Permit2World world) : IClassFixture<Permit2World>
{
    private static readonly Address Stranger = Address.Parse("0xf400000000000000000000000000000000000f41");

    [Fact]
    public async Task A_payment_is_verified_settled_once_and_answered_once()
    {
        var payment = await world.NewPermit2PaymentAsync();

        var verified = await world.Engine.VerifyAsync(payment);
        Assert.True(verified.IsValid, verified.Body);
        var first = await world.Engine.SettleAsync(payment, "k");
        Assert.True(first.IsSuccess, first.Body);
        Assert.Equal(payment.Payer.ToString(), first.Text("payer"), ignoreCase: true);
        var again = await world.Engine.SettleAsync(payment, "k");
        var other = await world.Engine.SettleAsync(payment, "another");

        Assert.Equal((true, first.Transaction), (again.IsSuccess, again.Transaction));
        Assert.Equal(("duplicate_settlement", first.Transaction), (other.ErrorReason, other.Transaction));
        Assert.Equal("permit2_invalid_nonce", (await world.Engine.VerifyAsync(payment)).Text("invalidReason"));
        await world.AssertPaidOnceByPermit2Async(payment, first.Transaction);
    }

    [Fact]
    public async Task A_wallet_that_is_not_deployed_does_not_pay_by_permit2()
    {
        var payment = await world.NewPermit2PaymentAsync();
        payment.Signature = "0x" + Convert.ToHexStringLower(WalletWorld.Wrap(Stranger, [1, 2, 3, 4], payment.Permit2Transfer!.Signature.Span));

        Assert.Equal("invalid_permit2_signature", (await world.Engine.VerifyAsync(payment)).Text("invalidReason"));
        Assert.Equal("invalid_permit2_signature", (await world.Engine.SettleAsync(payment)).ErrorReason);
    }

    [Fact]
    public async Task Many_settles_of_one_payment_make_one_transaction_and_one_success()
    {
        var payment = await world.NewPermit2PaymentAsync();
        var before = await world.Chain.MinedOfAsync(world.Signer);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => world.Engine.SettleAsync(payment)));

        var paid = Assert.Single(answers, answer => answer.IsSuccess);
        Assert.All(answers.Where(answer => answer != paid), answer => Assert.Equal(("duplicate_settlement", paid.Transaction), (answer.ErrorReason, answer.Transaction)));
        Assert.Equal(before + 1, await world.Chain.MinedOfAsync(world.Signer));
        await world.AssertPaidOnceByPermit2Async(payment, paid.Transaction);
    }

    [Fact]
    public async Task Without_the_allowance_a_seller_answers_412_and_nothing_is_sent()
    {
        var payment = await world.NewPermit2PaymentAsync(approved: false);
        var before = await world.Chain.MinedOfAsync(world.Signer);

        Assert.Equal("permit2_allowance_required", (await world.Engine.VerifyAsync(payment)).Text("invalidReason"));
        Assert.Equal("permit2_allowance_required", (await world.Engine.SettleAsync(payment)).ErrorReason);
        var sold = await world.Engine.BuyAsync(payment);
        Assert.Equal(412, sold.Status);
        Assert.NotNull(sold.Header("PAYMENT-REQUIRED"));
        Assert.Equal(before, await world.Chain.MinedOfAsync(world.Signer));
    }

    [Fact]
    public async Task What_another_key_signed_is_refused()
    {
        using var payer = await world.Chain.NewPayerAsync();
        using var thief = await world.Chain.NewPayerAsync();
        await world.Chain.ApprovePermit2Async(payer.Address, UInt256.MaxValue);
        var payment = Payment.SignPermit2(world.Chain, thief, transfer => transfer with { From = payer.Address });

        Assert.Equal("invalid_permit2_signature", (await world.Engine.SettleAsync(payment)).ErrorReason);
        Assert.Equal(1_000_000UL, await world.Chain.BalanceAsync(payer.Address));
    }

    [Fact]
    public async Task A_call_of_the_proxy_by_somebody_else_pays_with_that_senders_transaction()
    {
        var payment = await world.NewPermit2PaymentAsync();
        var (answer, other) = await OvertakeAsync(payment, () => world.Chain.SendAsAsync(Stranger, Permit2.Proxy, Permit2.Calldata(payment.Permit2Transfer!)));

        Assert.True(answer.IsSuccess, answer.Body);
        Assert.Equal(other, answer.Transaction);
        await world.AssertPaidOnceByPermit2Async(payment, other);
    }

    [Fact]
    public async Task A_nonce_that_the_payer_invalidated_without_paying_is_a_failure()
    {
        var payment = await world.NewPermit2PaymentAsync();
        var (answer, _) = await OvertakeAsync(payment, () => InvalidateAsync(payment));

        Assert.Equal("invalid_transaction_state", answer.ErrorReason);
        Assert.Equal(1_000_000UL, await world.Chain.BalanceAsync(payment.Payer));
    }

    [Fact]
    public async Task Another_payment_of_the_same_amount_does_not_pay_for_an_invalidated_one()
    {
        using var payer = await world.Chain.NewPayerAsync();
        await world.Chain.ApprovePermit2Async(payer.Address, UInt256.MaxValue);
        var (bought, wanted) = (Payment.SignPermit2(world.Chain, payer), Payment.SignPermit2(world.Chain, payer));
        var (answer, _) = await OvertakeAsync(wanted, async () =>
        {
            await world.Chain.SendAsAsync(Stranger, Permit2.Proxy, Permit2.Calldata(bought.Permit2Transfer!));
            return await InvalidateAsync(wanted);
        });

        Assert.Equal("invalid_transaction_state", answer.ErrorReason);
        Assert.Equal(1_000_000 - Payment.Price, await world.Chain.BalanceAsync(payer.Address));
    }

    [Fact]
    public async Task A_use_inside_somebody_elses_transaction_is_never_called_failed()
    {
        var payment = await world.NewPermit2PaymentAsync();
        var inner = Permit2.Calldata(payment.Permit2Transfer!);
        var (answer, _) = await OvertakeAsync(
            payment, () => world.Chain.SendAsAsync(Stranger, Address.Parse("0xca11bde05977b3631167028862be2a173976ca11"), Aggregate(Permit2.Proxy, inner)));

        Assert.True(answer.ErrorReason == "settlement_pending", $"{answer}{Environment.NewLine}{world.Engine.Program.Output}");
        Assert.Equal("unknown", (await world.Engine.SettlementAsync(payment))!.Value.GetProperty("status").GetString());
        Assert.Equal(1_000_000 - Payment.Price, await world.Chain.BalanceAsync(payment.Payer));
    }

    [Fact]
    public async Task A_wallet_contract_pays_by_its_own_word_and_a_delegated_account_not_by_its_key()
    {
        using var key = await world.Chain.NewPayerAsync();
        await world.Chain.ApprovePermit2Async(key.Address, UInt256.MaxValue);

        // isValidSignature's third argument word starts at 0x64: answers the magic word when the signature's last byte is 31.
        await world.Chain.CallAsync("anvil_setCode", Stranger.ToString(), "0x60a43560f81c601f14631626ba7e60e01b0260005260206000f3");
        await world.Chain.CallAsync("anvil_setCode", key.Address.ToString(), $"0xef0100{Stranger.ToString()[2..]}");
        var payment = Payment.SignPermit2(world.Chain, key);
        Assert.Equal("invalid_permit2_signature", (await world.Engine.SettleAsync(payment)).ErrorReason);

        payment.Signature = payment.Signature[..130] + "1f";
        var settled = await world.Engine.SettleAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        await world.AssertPaidOnceByPermit2Async(payment, settled.Transaction);
    }

    /// <summary>Settles, and lets others act after the engine decided to send and before the node gets it.</summary>
    private async Task<(Answer Answer, string Other)> OvertakeAsync(Payment payment, Func<Task<string>> act)
    {
        Task<Answer> asked;
        string other;
        using (var stop = world.Proxy.StopAt("eth_sendRawTransaction", RpcPoint.BeforeNode))
        {
            asked = world.Engine.SettleAsync(payment);
            await stop.MetAsync();
            other = await act();
        }

        return (await asked, other);
    }

    /// <summary>So long before the payment is looked at that its logs would be there.</summary>
    private async Task<string> InvalidateAsync(Payment payment)
    {
        var hash = await SendInvalidationAsync(payment);
        for (var blocks = 0; blocks < 6; blocks++)
        {
            await world.Chain.MineAsync();
        }

        return hash;
    }

    private Task<string> SendInvalidationAsync(Payment payment)
    {
        var nonce = Bytes32.From(payment.Permit2Transfer!.Nonce).ToArray();
        var mask = new byte[32];
        mask[31 - (nonce[31] / 8)] = (byte)(1 << (nonce[31] % 8));
        var call = new AbiWriter("invalidateUnorderedNonces(uint256,uint256)").Number(new UInt256([0, .. nonce[..31]])).Number(new UInt256(mask)).ToArray();
        return world.Chain.SendAsAsync(payment.Payer, Permit2.Contract, call);
    }

    /// <summary>The call aggregate3([(target, false, inner)]).</summary>
    private static byte[] Aggregate(Address target, byte[] inner)
    {
        var padded = new byte[(inner.Length + 31) / 32 * 32];
        inner.CopyTo(padded, 0);
        return [
            .. AbiWriter.SelectorOf("aggregate3((address,bool,bytes)[])"),
            .. new AbiWriter([]).Number(0x20UL).Number(1UL).Number(0x20UL).Address(target).Number(0UL).Number(0x60UL).Number((ulong)inner.Length).ToArray(),
            .. padded,
        ];
    }
}
