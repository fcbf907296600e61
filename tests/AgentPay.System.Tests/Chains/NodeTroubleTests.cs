using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Chains;

/// <summary>A node in trouble is never a verdict on a payment, and never a second transaction.</summary>
public sealed class NodeTroubleTests(ProxiedWorld world) : IClassFixture<ProxiedWorld>
{
    [Theory]
    [InlineData(RpcFate.Drop)]
    [InlineData(RpcFate.BadGateway)]
    public async Task An_answer_lost_after_the_node_accepted_is_no_failure(RpcFate fate)
    {
        var payment = await world.NewPaymentAsync();
        var mined = await world.Chain.MinedOfAsync(world.Signer);
        using var loss = world.Proxy.Fail("eth_sendRawTransaction", RpcPoint.BeforeAnswer, fate);
        var answer = await world.Engine.SettleAsync(payment);
        Assert.True(answer.IsSuccess, answer.Body);
        Assert.True(loss.Meetings > 0);
        Assert.Equal(mined + 1, await world.Chain.MinedOfAsync(world.Signer));
        await world.AssertPaidOnceAsync(payment, answer.Transaction);
    }

    [Fact]
    public async Task An_answer_that_never_comes_after_the_node_accepted_is_no_failure()
    {
        var payment = await world.NewPaymentAsync();
        using var silence = world.Proxy.StopAt("eth_sendRawTransaction", RpcPoint.BeforeAnswer);
        var answer = await world.Engine.SettleAsync(payment);
        Assert.True(answer.IsSuccess, answer.Body);
        await world.AssertPaidOnceAsync(payment, answer.Transaction);
    }

    [Fact]
    public async Task Bytes_lost_before_the_node_are_sent_again()
    {
        var payment = await world.NewPaymentAsync();
        Task<Answer> asked;
        using (var loss = world.Proxy.Fail("eth_sendRawTransaction", RpcPoint.BeforeNode, RpcFate.Drop))
        {
            asked = world.Engine.SettleAsync(payment);
            await loss.MetAsync();
        }

        var answer = await asked;
        Assert.True(answer.IsSuccess, answer.Body);
        await world.AssertPaidOnceAsync(payment, answer.Transaction);
    }

    [Fact]
    public async Task A_node_that_is_down_is_503_and_retryable_and_never_a_refusal()
    {
        var payment = await world.NewPaymentAsync();
        world.Proxy.IsDown = true;
        try
        {
            foreach (var answer in new[] { await world.Engine.VerifyAsync(payment), await world.Engine.SettleAsync(payment), await world.Engine.BuyAsync(payment) })
            {
                Assert.Equal((503, "chain_unavailable"), (answer.Status, answer.Text("code")));
                Assert.True(answer.Json.GetProperty("retryable").GetBoolean());
                Assert.NotNull(answer.Header("Retry-After"));
                Assert.False(answer.Json.TryGetProperty("isValid", out _));
                Assert.False(answer.Json.TryGetProperty("success", out _));
            }

            await Wait.UntilAsync(async () => (await world.Engine.GetAsync("/health/ready")).Status == 503);
            Assert.Equal(503, (await world.Engine.GetAsync($"/health/connectors/{world.Chain.Network}")).Status);
            Assert.Equal(200, (await world.Engine.GetAsync("/health/live")).Status);
            Assert.Null(await world.Engine.SettlementAsync(payment));
        }
        finally
        {
            world.Proxy.IsDown = false;
        }

        await Wait.UntilAsync(async () => (await world.Engine.GetAsync("/health/ready")).Status == 200);
        var settled = await world.Engine.SettleAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        await world.AssertPaidOnceAsync(payment, settled.Transaction);
    }

    [Fact]
    public async Task An_authorization_that_another_sender_used_first_is_paid_with_that_senders_transaction()
    {
        var payment = await world.NewPaymentAsync();
        Task<Answer> asked;
        string other;
        using (var stop = world.Proxy.StopAt("eth_sendRawTransaction", RpcPoint.BeforeNode))
        {
            asked = world.Engine.SettleAsync(payment);
            await stop.MetAsync();
            other = await world.Chain.SendAsAsync(Address.Parse("0xf400000000000000000000000000000000000f40"), world.Chain.Token, Eip3009.Calldata(payment.Transfer));
        }

        var answer = await asked;
        Assert.True(answer.IsSuccess, answer.Body);
        Assert.Equal(other, answer.Transaction);
        await world.AssertPaidOnceAsync(payment, other);
    }

    [Fact]
    public async Task A_payer_who_emptied_the_account_after_the_verification_is_a_failure_that_frees_the_payment()
    {
        var payment = await world.NewPaymentAsync();
        Task<Answer> asked;
        using (var stop = world.Proxy.StopAt("eth_sendRawTransaction", RpcPoint.BeforeNode))
        {
            asked = world.Engine.BuyAsync(payment);
            await stop.MetAsync();
            var away = new AbiWriter("transfer(address,uint256)").Address(Address.Parse("0xe000000000000000000000000000000000000e00")).Number(1_000_000UL).ToArray();
            await world.Chain.SendAsAsync(payment.Payer, world.Chain.Token, away);
        }

        var refused = await asked;
        Assert.Equal(402, refused.Status);
        Assert.DoesNotContain("text", refused.Body, StringComparison.Ordinal);
        Assert.Equal("failed", (await world.Engine.SettlementAsync(payment))!.Value.GetProperty("status").GetString());
        Assert.Equal(0, await world.Chain.AuthorizationsUsedAsync(payment.Payer));

        await world.Chain.MintAsync(payment.Payer, 1_000_000);
        var sold = await world.Engine.BuyAsync(payment);
        Assert.True(sold.Status == 200, sold.Body);
        Assert.Equal(1, await world.Chain.AuthorizationsUsedAsync(payment.Payer));
    }

    [Fact]
    public async Task A_nonce_that_another_program_took_is_replaced_by_a_new_transaction()
    {
        var payment = await world.NewPaymentAsync();
        Task<Answer> asked;
        using (var stop = world.Proxy.StopAt("eth_sendRawTransaction", RpcPoint.BeforeNode))
        {
            asked = world.Engine.SettleAsync(payment);
            await stop.MetAsync();
            await world.Chain.SendAsAsync(world.Signer, world.Chain.Merchant, []);
        }

        var answer = await asked;
        Assert.True(answer.IsSuccess, answer.Body);
        Assert.Equal(1, await world.Chain.AuthorizationsUsedAsync(payment.Payer));
        EngineOnChain.AssertLedgerSumsToZero((await world.Engine.SettlementAsync(payment))!.Value, rows: 1);
    }

    [Fact]
    public async Task A_lost_block_takes_the_payment_back_and_the_next_block_confirms_it_again()
    {
        var payment = await world.NewPaymentAsync();
        var answer = await world.Engine.SettleAsync(payment);
        Assert.True(answer.IsSuccess, answer.Body);
        await world.Chain.CallAsync("anvil_reorg", 1, Array.Empty<object>());
        await Wait.UntilAsync(async () => await EventsOfAsync(payment) is [.., "settlement.reorged", "settlement.confirmed"]);
        var settlement = (await world.Engine.SettlementAsync(payment))!.Value;
        Assert.Equal("confirmed", settlement.GetProperty("status").GetString());
        EngineOnChain.AssertEvents(settlement, "settlement.reserved", "settlement.submitted", "settlement.confirmed", "settlement.reorged", "settlement.confirmed");
        EngineOnChain.AssertLedgerSumsToZero(settlement, rows: 3);
        Assert.Equal(1, await world.Chain.AuthorizationsUsedAsync(payment.Payer));
        Assert.Equal(1_000_000 - Payment.Price, await world.Chain.BalanceAsync(payment.Payer));
    }

    private async Task<string?[]> EventsOfAsync(Payment payment) =>
        [.. (await world.Engine.SettlementAsync(payment))!.Value.GetProperty("events").EnumerateArray().Select(entry => entry.GetProperty("type").GetString())];
}
