using AgentPay.Chains.Evm;
using AgentPay.SystemTests.World;

namespace AgentPay.SystemTests.Methods;

/// <summary>The same where gas is free: a payer without any coins approves by a transaction that the engine sends.</summary>
public sealed class FreeApprovalTests(FreePermit2World world) : IClassFixture<FreePermit2World>
{
    [Fact]
    public async Task A_payer_without_coins_pays()
    {
        using var payer = await world.Chain.NewPayerAsync();
        var payment = SignedApprovals.Pay(world.Chain, payer);

        var settled = await world.Engine.SettleAsync(payment);
        Assert.True(settled.IsSuccess, settled.Body);
        Assert.Equal(1UL, await world.Chain.MinedOfAsync(payer.Address));
        Assert.Equal(1_000_000 - Payment.Price, await world.Chain.BalanceAsync(payer.Address));
    }

    [Fact]
    public async Task Where_there_is_no_fee_market_an_approval_that_needs_one_is_refused_before_anybody_serves()
    {
        using var payer = await world.Chain.NewPayerAsync();
        var payment = SignedApprovals.Pay(world.Chain, payer, request => request with { Fees = new FeeQuote(false, UInt256.Zero, UInt256.Zero) });

        Assert.Equal("erc20_approval_broadcast_failed", (await world.Engine.VerifyAsync(payment)).Text("invalidReason"));
        Assert.Equal("erc20_approval_broadcast_failed", (await world.Engine.SettleAsync(payment)).ErrorReason);
        Assert.Null(await world.Engine.SettlementAsync(payment));
    }
}

/// <summary>A chain whose gas is free, with Permit2 and the x402 proxy.</summary>
public sealed class FreePermit2World : EngineOnChain
{
    private protected override async Task<TestChain> StartChainAsync()
    {
        var chain = await TestChain.StartZeroGasAsync();
        await chain.PutPermit2Async();
        return chain;
    }
}
