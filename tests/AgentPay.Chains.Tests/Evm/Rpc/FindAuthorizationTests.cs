using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class FindAuthorizationTests(Anvil anvil) : IClassFixture<Anvil>
{
    private readonly EvmSigner _payer = TestTransfers.Payer("finder");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(10_000)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_used_authorization_leads_to_its_transaction_however_few_blocks_are_read_at_once(ulong logBlocksMax)
    {
        using var chain = anvil.Chain(options => options with { LogBlocksMax = logBlocksMax });
        var start = (await chain.ReadBlockAsync(BlockTag.Latest, Token))!.Cursor.Number;
        var token = await anvil.DeployTokenAsync();
        await anvil.MintAsync(token, _payer.Address, 7UL);
        var transfer = TestTransfers.Unsigned(token, _payer.Address, 7UL).Signed(_payer, anvil.ChainId);
        Assert.Equal(new AuthorizationTrace(AuthorizationFate.NoTrace, null), await chain.FindAuthorizationAsync(token, _payer.Address, transfer.Nonce, start, Token));

        var signed = await anvil.SignAsync(token, Eip3009.Calldata(transfer));
        await chain.SubmitAsync(signed.Raw, Token);
        await anvil.MineAsync(5);

        var trace = await chain.FindAuthorizationAsync(token, _payer.Address, transfer.Nonce, start, Token);
        Assert.Equal(AuthorizationFate.Used, trace.Fate);
        Assert.Equal(signed.Hash, trace.Receipt!.Transaction);
        Assert.Equal(TransferProof.Whole, trace.Receipt.Prove(token, _payer.Address, TestTransfers.Payee, 7UL, transfer.Nonce));
        Assert.Equal(AuthorizationFate.Used, (await chain.FindAuthorizationAsync(token, _payer.Address, transfer.Nonce, trace.Receipt.Block.Number, Token)).Fate);
        Assert.Equal(AuthorizationFate.NoTrace, (await chain.FindAuthorizationAsync(token, _payer.Address, transfer.Nonce, trace.Receipt.Block.Number + 1, Token)).Fate);
        Assert.Equal(AuthorizationFate.NoTrace, (await chain.FindAuthorizationAsync(token, anvil.Operator.Address, transfer.Nonce, start, Token)).Fate);
    }

    [Fact]
    public async Task A_cancelled_authorization_is_told_from_a_used_one()
    {
        using var chain = anvil.Chain();
        var token = await anvil.DeployTokenAsync();
        var nonce = Eip712.HashText("cancelled");
        var separator = new Eip712Domain("USD Coin", "2", anvil.ChainId, token).Separator();
        var cancellation = Eip712.HashStruct(Eip712.TypeHash("CancelAuthorization(address authorizer,bytes32 nonce)"), [Bytes32.From(_payer.Address), nonce]);
        var signature = _payer.SignDigest(Eip712.Digest(separator, cancellation)).ToArray();
        var call = new AbiWriter("cancelAuthorization(address,bytes32,bytes)").Address(_payer.Address).Word(nonce).Bytes(signature).ToArray();
        await chain.SubmitAsync((await anvil.SignAsync(token, call)).Raw, Token);
        await anvil.MineAsync();
        Assert.True(await chain.ReadAuthorizationStateAsync(token, _payer.Address, nonce, null, Token));
        Assert.Equal(new AuthorizationTrace(AuthorizationFate.Canceled, null), await chain.FindAuthorizationAsync(token, _payer.Address, nonce, 0, Token));
    }
}
