using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class ZeroGasTests(ZeroGasAnvil anvil) : IClassFixture<ZeroGasAnvil>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Told_or_noticed_the_price_is_a_legacy_zero(bool told)
    {
        using var chain = anvil.Chain(options => options with { ZeroGas = told });
        Assert.Equal(new FeeQuote(true, UInt256.Zero, UInt256.Zero), await chain.ReadFeesAsync(Token));
    }

    [Fact]
    public async Task A_transaction_at_price_zero_from_an_empty_account_is_mined()
    {
        using var chain = anvil.Chain();
        using var poor = TestTransfers.Payer("nothing");
        var fees = await chain.ReadFeesAsync(Token);
        var signed = poor.Sign(new TransactionRequest(anvil.ChainId, 0, 21_000, fees, TestTransfers.Payee, 0UL, ReadOnlyMemory<byte>.Empty));
        Assert.Equal(new Submission(SubmissionStatus.Accepted), await chain.SubmitAsync(signed.Raw, Token));
        await anvil.MineAsync();
        var receipt = (await chain.ReadReceiptsAsync([signed.Hash], Token))[0]!;
        Assert.True(receipt.Succeeded);
        Assert.Equal(UInt256.Zero, receipt.EffectiveGasPrice);
    }
}
