using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm.Rpc;

/// <summary>Payers whose wallet is not deployed yet (ERC-6492), on a real node with a real factory and wallet.</summary>
public sealed class DeploymentTests(WalletChain world) : IClassFixture<WalletChain>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wallet_that_the_factory_deploys_pays_up_to_its_last_atom_and_nothing_stays_of_the_simulation()
    {
        var transfer = await world.TransferAsync("pays");

        Assert.Equal(new TransferReading(false, TransferVerdict.Accepted), await ReadAsync(transfer));
        Assert.Equal("0x", (await world.Anvil.CallAsync("eth_getCode", $"[\"{transfer.From}\",\"latest\"]")).GetString());
        Assert.Equal(TransferVerdict.InsufficientBalance, (await ReadAsync(world.Sign("pays", transfer with { Value = 101UL }))).Verdict);
    }

    [Fact]
    public async Task One_transaction_deploys_and_pays()
    {
        var transfer = await world.TransferAsync("deploys");
        using var chain = world.Anvil.Chain();

        var receipt = await world.SendAsync(chain, transfer);
        Assert.Equal(TransferProof.Whole, receipt.Prove(transfer.Token, transfer.From, transfer.To, transfer.Value, transfer.Nonce));
        Assert.True(await chain.HasCodeAsync(transfer.From, Token));
    }

    [Fact]
    public async Task A_wallet_that_somebody_deployed_meanwhile_pays_although_its_factory_now_reverts()
    {
        var transfer = await world.TransferAsync("meanwhile");
        using var chain = world.Anvil.Chain();
        var factory = await world.Anvil.SignAsync(world.Factory, transfer.Deployment!.Calldata.ToArray());
        await chain.SubmitAsync(factory.Raw, Token);
        await world.Anvil.MineAsync();

        Assert.Equal(new TransferReading(true, TransferVerdict.Accepted), await ReadAsync(transfer));
        var receipt = await world.SendAsync(chain, transfer);
        Assert.Equal(TransferProof.Whole, receipt.Prove(transfer.Token, transfer.From, transfer.To, transfer.Value, transfer.Nonce));
    }

    [Theory]
    [InlineData("refuse()")]
    [InlineData("pretend()")]
    [InlineData("burn()")]
    [InlineData("nothing()")]
    public async Task A_factory_that_leaves_no_wallet_is_told_from_one_that_does(string call)
    {
        var transfer = await world.TransferAsync("none");
        transfer = transfer with { Deployment = new WalletDeployment(world.Factory, AbiWriter.SelectorOf(call)) };

        Assert.Equal(new TransferReading(false, TransferVerdict.DeploymentFailed), await ReadAsync(transfer));
        using var chain = world.Anvil.Chain();
        Assert.Null(await EstimateAsync(chain, transfer));
    }

    [Fact]
    public async Task A_factory_that_deploys_another_wallet_deploys_none()
    {
        var transfer = await world.TransferAsync("this");
        var other = await world.TransferAsync("other");

        Assert.Equal(TransferVerdict.DeploymentFailed, (await ReadAsync(transfer with { Deployment = other.Deployment })).Verdict);
    }

    [Fact]
    public async Task A_plain_keys_own_signature_beside_a_deployment_of_something_else_is_no_wallets()
    {
        var key = TestTransfers.Payer("plain key");
        await world.Anvil.MintAsync(world.Token, key.Address, 100UL);
        var transfer = await world.TransferAsync("something else");
        transfer = (transfer with { From = key.Address }).Signed(key, world.Anvil.ChainId);

        Assert.Equal(new TransferReading(false, TransferVerdict.DeploymentFailed), await ReadAsync(transfer));
    }

    [Fact]
    public async Task A_signature_that_the_wallet_does_not_take_is_refused()
    {
        var transfer = await world.TransferAsync("stranger");

        Assert.Equal(TransferVerdict.SignatureRefused, (await ReadAsync(transfer.Signed(TestTransfers.Payer("another"), world.Anvil.ChainId))).Verdict);
        Assert.Equal(TransferVerdict.SignatureRefused, (await ReadAsync(transfer with { Signature = default })).Verdict);
    }

    [Fact]
    public async Task A_transfer_that_fails_takes_the_deployment_back_with_it()
    {
        var transfer = world.Sign("takes back", await world.TransferAsync("takes back") with { Value = 101UL });
        using var chain = world.Anvil.Chain();

        Assert.Null(await EstimateAsync(chain, transfer));
        var (target, calldata) = Eip3009.Call(transfer);
        var signed = await world.Anvil.SignAsync(target, calldata);
        await chain.SubmitAsync(signed.Raw, Token);
        await world.Anvil.MineAsync();
        Assert.False(Assert.Single(await chain.ReadReceiptsAsync([signed.Hash], Token))!.Succeeded);
        Assert.False(await chain.HasCodeAsync(transfer.From, Token));
    }

    [Fact]
    public async Task More_gas_than_the_bound_is_no_deployment()
    {
        var transfer = await world.TransferAsync("bound");
        using var tight = world.Anvil.Chain(options => options with { DeploymentGasMax = 150_000 });

        Assert.NotEqual(TransferVerdict.Accepted, (await tight.ReadTransferAsync(transfer, Token)).Verdict);
        Assert.Equal(TransferVerdict.Accepted, (await ReadAsync(transfer)).Verdict);
    }

    [Fact]
    public async Task Without_Multicall3_on_the_chain_nothing_is_accepted()
    {
        var transfer = await world.TransferAsync("no multicall");
        var code = (await world.Anvil.CallAsync("eth_getCode", $"[\"{Multicall3.Address}\",\"latest\"]")).GetString()!;
        await world.Anvil.SetCodeAsync(Multicall3.Address, "");
        var reading = await ReadAsync(transfer);
        await world.Anvil.SetCodeAsync(Multicall3.Address, code[2..]);

        Assert.Equal(new TransferReading(false, TransferVerdict.SimulationFailed), reading);
    }

    private async Task<TransferReading> ReadAsync(Eip3009Transfer transfer)
    {
        using var chain = world.Anvil.Chain();
        return await chain.ReadTransferAsync(transfer, Token);
    }

    private Task<ulong?> EstimateAsync(EvmChain chain, Eip3009Transfer transfer)
    {
        var (target, calldata) = Eip3009.Call(transfer);
        return chain.EstimateGasAsync(world.Anvil.Operator.Address, target, calldata, Token);
    }
}
