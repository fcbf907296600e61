using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Chains;

/// <summary>A receipt that says success proves nothing: the token's own logs do.</summary>
public abstract class HostileTokenTests : EngineOnChain
{
    private RpcProxy? _proxy;

    private protected RpcProxy Proxy => _proxy!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    private protected override async Task<Uri> RpcAsync()
    {
        _proxy = await RpcProxy.StartAsync(Chain.Url);
        return _proxy.Url;
    }
}

public sealed class ATokenThatUsesTheNonceAndMovesNothing : HostileTokenTests
{
    [Fact]
    public async Task Is_no_payment()
    {
        var settled = await NewPaymentAsync();
        var refused = await Engine.SettleAsync(settled);
        Assert.Equal((false, "invalid_exact_evm_transfer_event_mismatch"), (refused.IsSuccess, refused.ErrorReason));

        var bought = await NewPaymentAsync();
        var withheld = await Engine.BuyAsync(bought);
        Assert.Equal(402, withheld.Status);
        Assert.DoesNotContain("\"text\"", withheld.Body, StringComparison.Ordinal);
        foreach (var payment in new[] { settled, bought })
        {
            Assert.Equal(1, await Chain.AuthorizationsUsedAsync(payment.Payer));
            var settlement = (await Engine.SettlementAsync(payment))!.Value;
            Assert.Equal("failed", settlement.GetProperty("status").GetString());
            AssertLedgerSumsToZero(settlement, rows: 0);
        }
    }

    private protected override Task<TestChain> StartChainAsync() => TestChain.StartWithTokenAsync("TokenUsedWithoutTransfer");
}

public sealed class ATokenThatDoesNothingOnAUsedNonceAndSucceeds : HostileTokenTests
{
    [Fact]
    public async Task Is_paid_by_the_transaction_that_used_the_nonce()
    {
        var payment = await NewPaymentAsync();
        Task<Answer> asked;
        string other;
        using (var stop = Proxy.StopAt("eth_sendRawTransaction", RpcPoint.BeforeNode))
        {
            asked = Engine.SettleAsync(payment);
            await stop.MetAsync();
            other = await Chain.SendAsAsync(Address.Parse("0xf400000000000000000000000000000000000f40"), Chain.Token, Eip3009.Calldata(payment.Transfer));
        }

        var answer = await asked;
        Assert.True(answer.IsSuccess, answer.Body);
        Assert.Equal(other, answer.Transaction);
        await AssertPaidOnceAsync(payment, other);
    }

    private protected override Task<TestChain> StartChainAsync() => TestChain.StartWithTokenAsync("TokenSilentOnUsedNonce");
}
